"""Take a picture of one notification of each result for docs/images (`make pictures`).

They are taken by Debian's `chromium`, without a screen; nothing else of the project needs it. The people
are invented.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from services.notifier.letters.rules.document import document
from shared.domain.declared import Kind
from shared.messages import QuotaExcess, Result
from tests.prove.letters import Sample, sample

IMAGES: Final = Path(__file__).parents[2] / "docs" / "images"
_WIDTH: Final = 840
#: Height of each page in pixels.
_HEIGHTS: Final = {"a": 1740, "w": 2170, "b": 1880, "s": 1400}

_EXCESS: Final = (QuotaExcess(quota_type="STUDENT", exceeding_hours=24),)
_FOUND: Final = ["90373-333", "90373-343"]
SHOWN: Final[dict[str, Sample]] = {
    "a": sample(0, "fr", Result.ACCEPTED, Kind.OUT, [], named=("Lenoir", "Garage du Viaduc")),
    "w": sample(9, "nl", Result.WARNING, Kind.IN, ["90017-369"], _EXCESS, ("Peeters", "De Korenaar")),
    "b": sample(16, "de", Result.REFUSED, Kind.IN, _FOUND, named=("Schmitz", "Hotel Ostbelgien")),
    "s": sample(27, "en", Result.PROVISIONAL, Kind.IN, [], named=("Murphy", "Studio Lumen")),
}


def main() -> None:
    """Take the four screenshots."""
    browser = shutil.which("chromium")
    if browser is None:
        sys.exit("chromium is missing; as root, run: apt-get install -y chromium fonts-liberation")
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for name, shown in SHOWN.items():
            page = Path(folder) / f"{name}.html"
            page.write_text(document(shown.letter))
            target = IMAGES / f"notification_{name}.png"
            subprocess.run(
                [
                    browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                    "--disable-lcd-text", "--force-device-scale-factor=0.8",
                    f"--user-data-dir={folder}/profile", f"--window-size={_WIDTH},{_HEIGHTS[name]}",
                    f"--screenshot={target}", page.as_uri(),
                ],
                check=True, capture_output=True, timeout=120,
            )  # fmt: skip
            print(f"{target.relative_to(IMAGES.parents[1])}: {target.stat().st_size // 1000} kB")  # noqa: T201


if __name__ == "__main__":
    main()
