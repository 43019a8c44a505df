"""Clients that are generated from our contracts declare, poll and search, with types throughout."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests import generators
from tests.generators import Done
from tests.node import skipped_offline
from tests.prove.world import World
from tests.rest import Rest
from tests.typed_clients import PYTHON, TYPESCRIPT, write_contracts

pytestmark = [
    pytest.mark.stack,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.usefixtures("sound"),
]
_USED = ("declarations", "consultation")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the contracts; skip without the tools."""
    with skipped_offline():
        generators.install()
    made = tmp_path_factory.mktemp("typed")
    write_contracts(made)
    return made


def well(done: Done) -> str:
    """Return the output of a command that has to succeed."""
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


async def use(world: World, bakery: Rest, run: Callable[..., Done], token: str) -> None:
    """Run a program for a worker without relation; it has to find the period that it has declared."""
    relation = world.relation("bakery")
    url = bakery.url if token.startswith("Bearer") else bakery.url.removesuffix("/REST/dimona/v2")
    done = await asyncio.to_thread(run, url, token, relation.employer, relation.worker, world.day(1))
    found: dict[str, Any] = json.loads(well(done))
    world["bakery"].posted.add(found["number"])
    assert found["result"] == "A"
    assert found["periods"] == [found["number"]]


async def test_a_client_in_typescript_declares_polls_and_searches(
    world: World, bakery: Rest, folder: Path
) -> None:
    well(generators.make_types(folder, _USED))
    program = folder / "program.mts"
    program.write_text(TYPESCRIPT)
    well(generators.compile_types(program))
    token = bakery.headers["Authorization"]
    await use(world, bakery, lambda *given: generators.run_script(program, *given), token)


async def test_a_client_in_python_declares_polls_and_searches(
    world: World, bakery: Rest, folder: Path
) -> None:
    for name in _USED:
        said = well(generators.make_python_client(folder / f"{name}.json", folder / "python" / name))
        assert "Warning" not in said, said
    program = folder / "python" / "program.py"
    program.write_text(PYTHON)
    well(generators.run_python("-m", "mypy", "--strict", str(program), path=program.parent))
    token = bakery.headers["Authorization"].removeprefix("Bearer ")
    await use(
        world, bakery, lambda *given: generators.run_python(str(program), *given, path=program.parent), token
    )
