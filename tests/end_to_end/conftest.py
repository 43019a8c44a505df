"""The whole pipeline on the suite's stack, and the promises that hold all the time."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio

from deploy.local.demo.data import DemoData
from deploy.local.demo.telephone import Telephone
from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from tests.days import today
from tests.end_to_end.planted import Planted, plant
from tests.prove.checker import check
from tests.prove.observe import observe, quiet
from tests.prove.world import Relation, World, cast, opened
from tests.rest import Rest
from tests.serving import serving
from tests.tokens import bearer


@pytest.fixture(scope="package")
def deployment(stack: Stack) -> Iterator[Endpoints]:
    """Run all services in a separate deployment."""
    with serving(stack, "e2e") as endpoints:
        yield endpoints


@pytest.fixture(scope="package")
def pipeline(deployment: Endpoints) -> dict[str, Any]:
    """Return the endpoints of the deployment, as in `.run/endpoints.json`."""
    return deployment.document()


#: Workers that tests take by their place, counted from the end of the register. Nearer to the end there are
#: more of them, but the relations do not reach so far.
_NAMED = frozenset({101, 102, 103, 111, 112, 121, 122, 123})
_worlds: Final[list[World]] = []


@pytest.fixture(scope="package")
def client_token(deployment: Endpoints) -> Callable[..., dict[str, str]]:
    """Return the header with an access token of a technical client."""
    return partial(bearer, deployment, level=0)


@pytest.fixture(scope="package")
def data(stack: Stack) -> DemoData:
    """Return the demo data, which are equal in every deployment of the stack."""
    return stack.endpoints.data


@pytest.fixture(scope="package")
def casting(pipeline: dict[str, Any]) -> Iterator[Relation]:
    """Relations that no test has used yet, without the workers that tests take by their place."""
    workers = pipeline["workers"]
    unnamed = [worker for n, worker in enumerate(workers) if len(workers) - n not in _NAMED]
    return cast({**pipeline, "workers": unnamed})


@pytest.fixture(scope="package")
def endpoints_file(pipeline: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file with the endpoints, for the `dimona` command."""
    file = tmp_path_factory.mktemp("e2e") / "endpoints.json"
    file.write_text(json.dumps(pipeline))
    return file


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def world(pipeline: dict[str, Any], casting: Iterator[Relation]) -> AsyncIterator[World]:
    """Give a world with every client connected before the first declaration."""
    async with opened(pipeline, casting) as world:
        _worlds.append(world)
        yield world
        _worlds.remove(world)


def pytest_runtest_setup() -> None:
    """Let each test count its days from today: midnight may have passed since the clients were connected."""
    for world in _worlds:
        world.today = today()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def telephone(pipeline: dict[str, Any]) -> AsyncIterator[Telephone]:
    """Run a gateway with the phones of all clients behind it."""
    async with Telephone(pipeline, "city") as telephone:
        yield telephone


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def planted(
    world: World, deployment: Endpoints, data: DemoData, tmp_path_factory: pytest.TempPathFactory
) -> Planted:
    """Plant a person in every service."""
    return await plant(world, deployment, data, tmp_path_factory.mktemp("forms"))


@pytest.fixture
def bakery(world: World) -> Rest:
    """Return the REST client of the bakery."""
    return Rest(world, "bakery")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def sound(world: World) -> AsyncIterator[None]:
    """Check, after each module, that every declaration has one end and no message remains."""
    yield
    await quiet(world)
    assert check(await observe(world)) == []
