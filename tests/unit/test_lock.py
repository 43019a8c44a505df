"""A dependency that was replaced by another is not installed (threat T28)."""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from zipfile import ZipFile

import pytest

ROOT: Final = Path(__file__).parents[2]
UV: Final = Path(sys.executable).with_name("uv")
NAME: Final = "harmless-1.0-py3-none-any.whl"


def write_wheel(folder: Path, code: str) -> str:
    """Write a package with this code and return the hash of its file."""
    files = {
        "harmless.py": code,
        "harmless-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: harmless\nVersion: 1.0\n",
        "harmless-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    rows = []
    with ZipFile(folder / NAME, "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
            rows.append(f"{name},sha256={digest},{len(text)}")
        wheel.writestr("harmless-1.0.dist-info/RECORD", "\n".join([*rows, "harmless-1.0.dist-info/RECORD,,"]))
    return hashlib.sha256((folder / NAME).read_bytes()).hexdigest()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Write nothing."""


@pytest.fixture
def index(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """Serve a package index with one package; its folder and its address."""
    folder = tmp_path / "index"
    folder.mkdir()
    digest = write_wheel(folder, "WORTH = 1\n")
    (folder / "index.html").write_text(f'<a href="{NAME}#sha256={digest}">{NAME}</a>')
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield folder, f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def uv(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run uv with an empty cache, so that it downloads the package."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("UV_", "VIRTUAL_ENV"))}
    command = [str(UV), *arguments, "--python", sys.executable, "--no-cache"]
    return subprocess.run(command, cwd=project, env=kept, capture_output=True, text=True, check=False)


def test_a_changed_package_is_not_installed(tmp_path: Path, index: tuple[Path, str]) -> None:
    folder, url = index
    project = tmp_path / "project"
    project.mkdir()
    (project / "pyproject.toml").write_text(
        '[project]\nname = "user"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["harmless"]\n'
        "[tool.uv]\npackage = false\n"
        f'[[tool.uv.index]]\nname = "here"\nurl = "{url}"\nformat = "flat"\ndefault = true\n'
    )
    locked = uv(project, "lock")
    assert locked.returncode == 0, locked.stderr
    installed = project / ".venv" / "lib"
    control = uv(project, "sync", "--locked")
    assert control.returncode == 0, control.stderr
    (module,) = installed.glob("*/site-packages/harmless.py")
    module.unlink()
    write_wheel(folder, "WORTH = 2\n")
    refused = uv(project, "sync", "--locked", "--reinstall")
    assert refused.returncode != 0
    assert "Hash mismatch" in refused.stderr
    assert list(installed.glob("*/site-packages/harmless.py")) == []


def test_every_package_of_the_lock_has_its_hash() -> None:
    packages = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    files = {
        package["name"]: [*package.get("wheels", ()), *([package["sdist"]] if "sdist" in package else [])]
        for package in packages
        if "registry" in package["source"]
    }
    assert len(files) > 100
    assert [name for name, found in files.items() if not found] == []
    assert [
        each["url"] for found in files.values() for each in found if not each["hash"].startswith("sha256:")
    ] == []
    assert "uv sync --locked" in (ROOT / "Makefile").read_text()
