"""`python -m deploy.documentation [FOLDER]`: write the pages, which intake serves under `/doc`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from deploy.documentation.site import write

FOLDER: Final = Path(__file__).parents[2] / ".run" / "documentation"


def main() -> None:
    """Write the pages into the folder that the command line names, and print their number."""
    parser = argparse.ArgumentParser(prog="python -m deploy.documentation", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=FOLDER, help="default: .run/documentation")
    folder: Path = parser.parse_args().folder
    print(f"wrote {write(folder)} files to {folder}")


if __name__ == "__main__":
    main()
