"""Places for forms with a file: a few in one process, and one for each person."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from services.portal.apis import BusyError

#: Forms with a file that one process reads and answers at one time.
MOST_UPLOADS: Final = 16


class Uploads:
    """The persons with an upload that is being read or answered."""

    def __init__(self) -> None:
        self._persons: set[str] = set()

    @contextmanager
    def place(self, user_id: str) -> Iterator[None]:
        """Hold a place for a person. Raise BusyError if the person has one already, or if all are taken."""
        if user_id in self._persons or len(self._persons) >= MOST_UPLOADS:
            raise BusyError("too many files at a time")
        self._persons.add(user_id)
        try:
            yield
        finally:
            self._persons.remove(user_id)
