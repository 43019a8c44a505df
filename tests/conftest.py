"""The one stack of the suite: PostgreSQL and RabbitMQ for all tests that need the real ones."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
import structlog
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from deploy.local.stack import Stack
from shared.runtime.descriptors import raise_descriptors
from tests.leaks import files, ssins

#: Folders with one shared running deployment: a second one would only load the machine.
_TOGETHER: Final = ("tests/chaos/", "tests/end_to_end/", "tests/integration/sandbox/")


TLS: Final = os.environ.get("TLS", "0") not in ("", "0")


class _Scheduling(LoadScopeScheduling):  # type: ignore[misc] # it has no types
    """Send modules that share a deployment to one stack, and each other module to any stack."""

    def _split_scope(self, nodeid: str) -> str:
        return next((folder for folder in _TOGETHER if nodeid.startswith(folder)), nodeid.partition("::")[0])


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> _Scheduling:
    """Return the scheduler of `make test`, which divides the suite among its stacks."""
    return _Scheduling(config, log)


def pytest_sessionstart() -> None:
    """Let the tests open as many sockets as the system permits; a thousand receivers need more than 1,024."""
    raise_descriptors()


@pytest.fixture(autouse=True)
def _own_logs() -> Iterator[None]:
    """Undo the log configuration of a test (a command configures logs), together with its captured output."""
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def _trust(authority: Path) -> None:
    """Let the programs of the tests trust a throw-away authority, beside the authorities of the system."""
    system = ssl.get_default_verify_paths().cafile
    trusted = authority.with_name("trusted.crt")
    trusted.write_text(authority.read_text() + (Path(system).read_text() if system else ""))
    for name in ("SSL_CERT_FILE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"):
        os.environ[name] = str(trusted)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Both servers, no services; tests that need a clean place provision a deployment of their own.

    With TLS=1 broker, database and APIs accept TLS only (`make test-tls`).
    """
    stack = Stack(tmp_path_factory.mktemp("stack"), services=(), tls=TLS)
    stack.start()
    if TLS:
        _trust(stack.authority.file)
    yield stack
    stack.stop()
    written = files(stack.folder / "logs")
    leaks = {name: found for name, text in written.items() if (found := ssins(text))}
    assert leaks == {}, "numbers of persons in what the suite's processes have logged (T21)"
