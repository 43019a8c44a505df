"""The contracts are valid for AsyncAPI's parser and for the linters Redocly and Spectral.

Without a reachable registry of packages the tests are skipped, unless the tools are installed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from tests.contracts import tooling
from tests.contracts.contract import CONTRACTS
from tests.contracts.openapi import FOLDER, contracts
from tests.contracts.tooling import Done, judge, lint
from tests.node import skipped_offline

Linter = Callable[..., Done]

pytestmark = pytest.mark.usefixtures("tools")

#: Errors and warnings are severities 0 and 1; the others are advice.
WARNING: Final = 1


@pytest.fixture(scope="module")
def tools() -> None:
    """Install the tools once."""
    with skipped_offline():
        tooling.install()


def parse(document: Path) -> Sequence[dict[str, Any]]:
    done = tooling.parse(document)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return [diagnostic for diagnostic in found if diagnostic["severity"] <= WARNING]


@pytest.mark.parametrize("name", ["asyncapi.yaml", "asyncapi.bundled.yaml"])
def test_the_parser_finds_no_error(name: str) -> None:
    assert parse(CONTRACTS / name) == []


@pytest.mark.parametrize("name", ["asyncapi.yaml", "asyncapi.bundled.yaml"])
def test_the_linter_finds_no_error(name: str) -> None:
    done = lint(CONTRACTS / name)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("tool", [lint, judge])
def test_no_linter_finds_an_error_in_an_http_contract(tool: Linter) -> None:
    """All contracts in one run, because Node takes longer to start than to read them."""
    done = tool(*(FOLDER / f"{name}.yaml" for name in contracts()))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("tool", [lint, judge])
def test_control_both_linters_find_an_error_in_an_http_contract(tmp_path: Path, tool: Linter) -> None:
    document = yaml.safe_load((FOLDER / "oauth.yaml").read_text())
    document["info"] = {"title": 7}
    file = tmp_path / "oauth.yaml"
    file.write_text(yaml.safe_dump(document))
    assert tool(file).returncode == 1


def broken(folder: Path, how: str) -> Path:
    """Return the bundled contract with one fault."""
    document = yaml.safe_load((CONTRACTS / "asyncapi.bundled.yaml").read_text())
    match how:
        case "action":
            document["operations"]["declare"]["action"] = "publish"
        case "binding":
            document["channels"]["reply"]["bindings"]["amqp"]["queue"]["durable"] = "yes"
        case "reference":
            document["channels"]["reply"]["messages"]["reply"]["$ref"] = "#/components/messages/none"
    file = folder / "broken.yaml"
    file.write_text(yaml.safe_dump(document))
    return file


@pytest.mark.parametrize("how", ["action", "binding", "reference"])
def test_control_the_parser_finds_a_planted_fault(tmp_path: Path, how: str) -> None:
    assert parse(broken(tmp_path, how))


@pytest.mark.parametrize("how", ["action", "reference"])
def test_control_the_linter_finds_a_planted_fault(tmp_path: Path, how: str) -> None:
    assert lint(broken(tmp_path, how)).returncode != 0
