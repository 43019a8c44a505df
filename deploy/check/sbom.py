"""Compare the bill of materials in an image with the packages that are installed in it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Final

from deploy.check.replay import Image, ReplayError

FILE: Final = "opt/dimona/sbom.cdx.json"
_DISTRIBUTION: Final = re.compile(r"(?P<name>.+)-(?P<version>[^-]+)[.]dist-info")


def describe(image: Image) -> str:
    """Return how many packages the bill lists. Raise ReplayError unless they are those in the image."""
    bill = json.loads((image.tree / FILE).read_text())
    listed = {_normal(each["name"], each["version"]) for each in bill["components"]}
    present = {
        _normal(found["name"], found["version"])
        for folder in (image.tree / "opt/dimona/venv/lib").glob("python3*/site-packages/*.dist-info")
        if (found := _DISTRIBUTION.fullmatch(folder.name))
    }
    if bill["bomFormat"] != "CycloneDX" or listed != present or not present:
        raise ReplayError(f"the bill of materials differs: {sorted(listed ^ present)}")
    size = sum(file.stat().st_size for file in _files(image.tree / "opt/dimona"))
    return f"a bill of materials of {len(listed)} packages (CycloneDX); {size / 2**20:.0f} MiB beside Debian"


def _normal(name: str, version: str) -> tuple[str, str]:
    return re.sub(r"[-_.]+", "-", name).lower(), version


def _files(tree: Path) -> list[Path]:
    return [file for file in tree.rglob("*") if file.is_file() and not file.is_symlink()]
