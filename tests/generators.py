"""Generators of clients from OpenAPI contracts: openapi-typescript of npm, openapi-python-client of PyPI."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from tests.node import environment, folder_of, installed

_NAME: Final = "generators"
_PACKAGES: Final = ("openapi-typescript@7.13.0", "typescript@5.9.3")
_WHEELS: Final = ("openapi-python-client==0.29.1",)
_COMPILER: Final = "node_modules/typescript/bin/tsc"
_TYPES: Final = "node_modules/openapi-typescript/bin/cli.js"

Done = subprocess.CompletedProcess[str]


def install() -> None:
    """Install the generators once. Raise UnreachableError."""
    installed(_NAME, _PACKAGES, _WHEELS)


def make_types(folder: Path, names: Sequence[str]) -> Done:
    """Run openapi-typescript: write `<name>.d.ts` for each contract `<name>.json` of a folder."""
    apis = {name: {"root": f"{name}.json", "x-openapi-ts": {"output": f"{name}.d.ts"}} for name in names}
    (folder / "redocly.yaml").write_text(json.dumps({"apis": apis}))
    return _run("node", _TYPES, "--redocly", str(folder / "redocly.yaml"))


def compile_types(program: Path) -> Done:
    """Run the compiler of TypeScript on a program, strictly; it writes nothing."""
    options = ("--strict", "--noEmit", "--allowImportingTsExtensions", "--module", "esnext")
    target = ("--moduleResolution", "bundler", "--target", "es2022")
    return _run("node", _COMPILER, *options, *target, str(program))


def run_script(program: Path, *arguments: str) -> Done:
    """Run a program in TypeScript; Node drops the types."""
    return _run("node", str(program), *arguments)


def make_python_client(contract: Path, package: Path) -> Done:
    """Run openapi-python-client: write the package of a client."""
    settings = contract.with_name("python_client.yaml")
    settings.write_text("post_hooks: []\n")
    package.parent.mkdir(exist_ok=True)
    paths = ("--path", str(contract), "--output-path", str(package), "--config", str(settings))
    return run_python("-m", "openapi_python_client", "generate", *paths, "--meta", "none")


def run_python(*arguments: str, path: Path | None = None) -> Done:
    """Run Python with the libraries of generated clients, and the modules of a folder."""
    folders = [str(folder_of(_NAME) / "python"), *([] if path is None else [str(path)])]
    return _run(sys.executable, *arguments, more={"PYTHONPATH": os.pathsep.join(folders)})


def _run(*command: str, more: Mapping[str, str] | None = None) -> Done:
    folder = folder_of(_NAME)
    around = environment(folder) | {"REDOCLY_TELEMETRY": "off"} | dict(more or {})
    return subprocess.run(
        command, capture_output=True, text=True, cwd=folder, env=around, timeout=120, check=False
    )
