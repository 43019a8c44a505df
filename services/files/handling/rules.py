"""Tickets of files and forms, and the shares of files in the places for open forms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import Final

from services.files.transfer.rules import in_base_36

_TICKET: Final = "38"  #: files have 38, forms 34, as the tickets of the authority
_FORM: Final = "34"
_DIGITS: Final = 11


def ticket_of(sequence: int) -> str:
    """Return the ticket of a file: 13 digits and capital letters."""
    return f"{_TICKET}{in_base_36(sequence, _DIGITS)}"


def form_ticket(ticket: str, number: int) -> str:
    """Return the ticket of a form, of at most 20 characters: that of its file with 34, and its number."""
    return f"{_FORM}{ticket.removeprefix(_TICKET)}-{number}"


@dataclass(frozen=True, slots=True)
class Progress:
    """The forms of an accepted file: stored ones, those that were submitted, and those with an answer."""

    ticket: str
    client_id: str
    forms: int
    submitted: int
    answered: int

    @property
    def open(self) -> int:
        """The forms that were submitted and have no answer."""
        return self.submitted - self.answered


def shares(files: Sequence[Progress], most: int) -> list[tuple[Progress, int]]:
    """Return the forms that each file may submit now, without the files that may submit none.

    Each free place goes to the file with the fewest open forms.

    Args:
        files: The files with forms to submit, and the files with open forms.
        most: The forms of all files that may be open at once.
    """
    free = most - sum(file.open for file in files)
    given = [0] * len(files)
    waiting = [(file.open, place) for place, file in enumerate(files) if file.submitted < file.forms]
    heapify(waiting)
    for _ in range(free):
        if not waiting:
            break
        open_, place = heappop(waiting)
        given[place] += 1
        if files[place].submitted + given[place] < files[place].forms:
            heappush(waiting, (open_ + 1, place))
    return [(file, share) for file, share in zip(files, given, strict=True) if share]
