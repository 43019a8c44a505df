"""`python -m deploy.check`: check deploy/, plant a mistake of each kind, and run the image's steps.

`--only CHECK` runs one check with its mistakes. `--no-image` leaves out the steps of the image.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from deploy.check import alerts, chart, compose, image, settings, units
from deploy.check.execution import play
from deploy.check.mistakes import MISTAKES, plant
from deploy.check.replay import ReplayError, replay
from deploy.check.sbom import describe
from deploy.generated import documents
from deploy.local import debian
from deploy.local.deployment import ROOT


def generated(root: Path) -> list[str]:
    """Return the generated files that differ from the code."""
    wanted = documents()
    return [
        f"{path} differs: python -m deploy.generated"
        for path, text in wanted.items()
        if (root / path).read_text() != text
    ]


CHECKS: Final[Mapping[str, Callable[[Path], list[str]]]] = {
    "generated files": generated,
    "image: style": image.style,
    "image: promises": image.promises,
    "compose: schema": compose.schema,
    "compose: settings": settings.compose,
    "compose: confinement": compose.confinement,
    "compose: order": compose.order,
    "compose: monitoring": compose.monitoring,
    "compose: proxy": compose.proxy,
    "alerts": alerts.gaps,
    "chart": chart.check,
    "chart: refusals": chart.refusals,
    "units: settings": settings.units,
    "units: syntax": units.syntax,
    "units: exposure": units.exposure,
    "units: processes": units.processes,
}


def main() -> None:
    """Run the checks and print a line for each; exit with 1 if one fails."""
    parser = argparse.ArgumentParser(prog="python -m deploy.check", description=__doc__)
    parser.add_argument("--only", choices=[*CHECKS, "image"])
    parser.add_argument("--no-image", action="store_true")
    given = parser.parse_args()
    names = [name for name in CHECKS if given.only in (None, name)]
    try:
        failed = [name for name in names if not _checked(name)]
        if given.only in (None, "image") and not given.no_image:
            failed += [] if _image() else ["image"]
    except debian.Unavailable as error:
        sys.exit(f"error: {error}")
    sys.exit(1 if failed else 0)


def _checked(name: str) -> bool:
    """Check the files and each planted mistake; print the faults, and the mistakes that were not found."""
    check, start = CHECKS[name], time.monotonic()
    faults = check(ROOT)
    missed = []
    mistakes = [mistake for mistake in MISTAKES if mistake.check == name]
    for mistake in mistakes:
        with tempfile.TemporaryDirectory(prefix="dimona-mistake.") as folder:
            if not check(plant(mistake, Path(folder))):
                missed.append(f"not found: {mistake.new!r} in {mistake.file}")
    problems = [*faults, *missed]
    state = "ok" if not problems else "FAILED"
    print(f"{name}: {state}, {len(mistakes) - len(missed)} of {len(mistakes)} planted mistakes found"
          f" ({time.monotonic() - start:.1f} s)", *problems, sep="\n    ", flush=True)  # fmt: skip
    return not problems


def _image() -> bool:
    """Carry out the steps of the image in fresh trees, and play the demonstration on its processes."""
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="dimona-image.", dir="/var/tmp") as work:
        folder = Path(work)
        folder.chmod(0o755)
        try:
            made = replay(ROOT, folder)
            print(f"image: all steps executed in fresh trees ({time.monotonic() - start:.0f} s)", flush=True)
            print(f"image: {describe(made)}", flush=True)
            for line in play(made, folder):
                print(f"image: {line}", flush=True)
            print(f"image: {_refuses_other_packages(folder)}", flush=True)
        except (ReplayError, RuntimeError) as error:
            print(f"image: FAILED\n    {error}", flush=True)
            return False
    return True


def _refuses_other_packages(work: Path) -> str:
    """Replay the steps with other hashes than those of the packages. Raise ReplayError unless pip refuses."""
    folder = work / "other-packages"
    shutil.copytree(ROOT / "deploy/image", folder / "deploy/image")
    shutil.copy(ROOT / ".dockerignore", folder)
    locked = folder / "deploy/image/requirements.txt"
    locked.write_text(re.sub(r"(?<=sha256:)[0-9a-f]{64}", "0" * 64, locked.read_text()))
    (folder / "trees").mkdir()
    try:
        replay(folder, folder / "trees")
    except ReplayError as error:
        if "DO NOT MATCH THE HASHES" in str(error):
            return "a package with another hash stops the build"
        raise
    raise ReplayError("a package with another hash was installed")


if __name__ == "__main__":
    main()
