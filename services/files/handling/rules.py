"""Tickets of files and forms, and the shares of expeditors and their files in limited places."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from math import inf
from typing import Final, Protocol, TypeVar

from services.files.transfer.rules import in_base_36

_TICKET: Final = "38"  #: files have 38, forms 34, as the tickets of the authority
_FORM: Final = "34"
_DIGITS: Final = 11
_REST_MOST: Final = 1.0  #: seconds
_NONE_SECONDS: Final = 0.5


def ticket_of(sequence: int) -> str:
    """Return the ticket of a file: 13 digits and capital letters."""
    return f"{_TICKET}{in_base_36(sequence, _DIGITS)}"


def form_ticket(ticket: str, number: int) -> str:
    """Return the ticket of a form, of at most 20 characters: that of its file with 34, and its number."""
    return f"{_FORM}{ticket.removeprefix(_TICKET)}-{number}"


class OfExpeditor(Protocol):
    """A file of an expeditor."""

    @property
    def ticket(self) -> str:
        """The ticket of the file."""
        ...

    @property
    def expeditor(self) -> str:
        """The expeditor that sent the file."""
        ...


File = TypeVar("File", bound=OfExpeditor)


@dataclass(frozen=True, slots=True)
class Progress:
    """The forms of an accepted file: stored ones, those that were submitted, and those with an answer."""

    ticket: str
    expeditor: str
    client_id: str
    forms: int
    submitted: int
    answered: int

    @property
    def open(self) -> int:
        """The forms that were submitted and have no answer."""
        return self.submitted - self.answered


@dataclass(frozen=True, slots=True)
class Backlog:
    """Files of an expeditor that wait, their bytes, and their forms that wait; or a limit."""

    files: int = 0  #: with forms that are not submitted, or with a query without answer
    bytes: int = 0
    forms: int = 0  #: of files that were read

    def reaches(self, most: Backlog) -> bool:
        """Return whether the expeditor may send no further file."""
        return self.files >= most.files or self.bytes >= most.bytes or self.forms >= most.forms


@dataclass(slots=True)
class Pace:
    """The pace of submissions: after each portion a rest, as long as the pipeline took to answer it.

    So forms use the pipeline for about half of the time, on machines of any speed, and single declarations
    find it idle in the other half. All instants are seconds of one clock.
    """

    begun: float = -inf  #: of the last portion
    took: float = 0.0  #: seconds until the last answer that came after it
    none_until: float = -inf  #: until then no form is looked for, because there was none

    def begin(self, now: float) -> None:
        """Note that a portion is submitted."""
        self.begun, self.took = now, 0.0

    def find_none(self, now: float) -> None:
        """Note that no form may be submitted."""
        self.none_until = now + _NONE_SECONDS

    def answer(self, now: float) -> None:
        """Note that answers came. Those of an earlier portion may come late, so that a rest is limited."""
        self.took, self.none_until = min(now - self.begun, _REST_MOST), -inf

    def is_due(self, now: float) -> bool:
        """Return whether the next portion may be submitted."""
        return now >= max(self.begun + 2 * self.took, self.none_until)


def shares(files: Sequence[Progress], most: int) -> list[tuple[Progress, int]]:
    """Return the forms that each file may submit now, without the files that may submit none.

    Each free place goes to the expeditor with the fewest open forms; of equal ones, to the expeditor with the
    fewest submitted forms. Among the files of the expeditor it goes to the one with the fewest open forms, of
    equal ones to the oldest.

    Args:
        files: The files with forms to submit, and the files with open forms, the oldest first.
        most: The forms of all files that may be open at once.
    """
    free = most - sum(file.open for file in files)
    given = [0] * len(files)
    waiting: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    opened: Counter[str] = Counter()
    submitted: Counter[str] = Counter()
    for place, file in enumerate(files):
        opened[file.expeditor] += file.open
        submitted[file.expeditor] += file.submitted
        if file.submitted < file.forms:
            waiting[file.expeditor].append((file.open, place))
    expeditors = [(opened[each], submitted[each], each) for each in waiting]
    heapify(expeditors)
    for its_files in waiting.values():
        heapify(its_files)
    while expeditors and free > 0:
        open_, before, expeditor = heappop(expeditors)
        open_of_file, place = heappop(waiting[expeditor])
        given[place] += 1
        free -= 1
        if files[place].submitted + given[place] < files[place].forms:
            heappush(waiting[expeditor], (open_of_file + 1, place))
        if waiting[expeditor]:
            heappush(expeditors, (open_ + 1, before + 1, expeditor))
    return [(file, share) for file, share in zip(files, given, strict=True) if share]


def take_turns(files: Sequence[File], most_of_expeditor: int) -> list[File]:
    """Return the first files of each expeditor, in turns: the oldest of each, then the second of each, ….

    Args:
        files: The files, the oldest first.
        most_of_expeditor: The number of files of one expeditor.
    """
    ranked = sorted(_ranked(files), key=lambda each: each[0])
    return [file for rank, file in ranked if rank < most_of_expeditor]


def choose_readers(
    files: Sequence[File], open_: Collection[str], after: str, most: int, most_of_expeditor: int
) -> list[File]:
    """Return the files to read now. An expeditor without a reader comes before the second reader of another.

    Args:
        files: The files with forms to read, the oldest first.
        open_: The tickets of the files that are open. To open a file again costs the time of the forms that
            were read before, so they keep their places among equals.
        after: The expeditor of the file that was opened last. Equal ones take turns by number.
        most: The files that may be open at once.
        most_of_expeditor: The files of one expeditor that may be open at once.
    """

    def order(ranked: tuple[int, File]) -> tuple[int, bool, bool, str]:
        rank, file = ranked
        return rank, file.ticket not in open_, file.expeditor <= after, file.expeditor

    open_first = sorted(files, key=lambda file: file.ticket not in open_)
    chosen = sorted(_ranked(open_first), key=order)
    return [file for rank, file in chosen if rank < most_of_expeditor][:most]


def _ranked(files: Iterable[File]) -> Iterator[tuple[int, File]]:
    """Yield each file with the number of files of its expeditor before it."""
    ranks: Counter[str] = Counter()
    for file in files:
        yield ranks[file.expeditor], file
        ranks[file.expeditor] += 1
