"""Tools for contracts from npm: AsyncAPI's parser and the linters Redocly and Spectral (decision D25).

Node comes from a wheel. All are installed once into .run/tools.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Final

from tests.node import environment, folder_of, installed

PACKAGES: Final = ("@asyncapi/parser@3.6.3", "@redocly/cli@2.77.0", "@stoplight/spectral-cli@6.16.3")
REDOCLY: Final = "node_modules/@redocly/cli/bin/cli.js"
SPECTRAL: Final = "node_modules/@stoplight/spectral-cli/dist/index.js"
PARSE: Final = """
const { Parser, fromFile } = require("@asyncapi/parser");
fromFile(new Parser(), process.argv[2]).parse().then(({ diagnostics }) =>
  console.log(JSON.stringify(diagnostics.map(({ severity, code, path, message }) =>
    ({ severity, code, place: path.join("."), message })))));
"""

Done = subprocess.CompletedProcess[str]


def install() -> Path:
    """Return the folder of the tools; install them whole, or not at all. Raise UnreachableError."""
    folder = installed("contracts", PACKAGES)
    (folder / "parse.js").write_text(PARSE)
    (folder / "rules.yaml").write_text("extends: [spectral:oas]\n")
    return folder


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


def _run(*command: str) -> Done:
    """Run a command in the folder of the tools."""
    folder = folder_of("contracts")
    quiet = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
    around = environment(folder) | quiet
    return subprocess.run(
        command, capture_output=True, text=True, cwd=folder, env=around, timeout=120, check=False
    )
