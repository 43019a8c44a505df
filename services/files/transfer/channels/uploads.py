"""The files that SFTP sessions have open for writing."""

from __future__ import annotations

from collections import Counter
from pathlib import Path


class Uploads:
    """The files that sessions have open for writing. They are not taken before they are closed."""

    def __init__(self) -> None:
        self._open: Counter[Path] = Counter()

    def begin(self, path: Path) -> None:
        """Store that a session opened a file."""
        self._open[path] += 1

    def end(self, path: Path) -> None:
        """Store that a session closed a file."""
        self._open[path] -= 1
        self._open += Counter()  # drops the counts of zero

    def is_open(self, path: Path) -> bool:
        """Return whether a session has a file open for writing."""
        return path in self._open

    def count_in(self, folder: Path) -> int:
        """Count the files of a folder that are open for writing."""
        return sum(path.parent == folder for path in self._open)
