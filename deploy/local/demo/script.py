"""The scenario of the demonstration, as data: each declaration with its sender and its expected end.

A scene is a group of declarations that are sent without waiting for each other's results. A declaration may
name an earlier declaration by its number (`NumberOf`), even one in its own scene.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from deploy.local.demo.data import DemoData
from deploy.local.demo.people import DemoPerson
from deploy.local.demo.writer import FLEXI, STUDENT, Writer

#: Numbers of registered people and of strangers in one take; the next take has other people.
_CAST: Final = 20
_STRANGERS: Final = 2
TAKES: Final = 12


@dataclass(frozen=True, slots=True)
class Registered:
    """A case that ends by itself: the worker enters the person register."""

    person: DemoPerson


@dataclass(frozen=True, slots=True)
class Recognized:
    """A case that an operator ends: the worker is this person of the register, though misspelt."""

    person: DemoPerson


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A case that an operator ends without a worker."""


CaseEnd = Registered | Recognized | GivenUp


@dataclass(frozen=True, slots=True)
class Act:
    """One declaration, by the organization in the role `sender`, with its expected end.

    `results` are the result letters in order; there are none if the document is not a declaration. `errors`
    are the error ids of the last result. `notified` is the role of the addressee; empty means the sender.
    `repeats` is the name of an earlier act whose event is sent once more, unchanged; None for a new event.
    """

    name: str
    tells: str
    sender: str
    declaration: dict[str, Any]
    results: tuple[str, ...] = ("A",)
    errors: tuple[str, ...] = ()
    notified: str = ""
    case: CaseEnd | None = None
    repeats: str | None = None

    @property
    def addressee(self) -> str:
        """Return the role of the notified organization: the sender unless `notified` names another."""
        return self.notified or self.sender


@dataclass(frozen=True, slots=True)
class Scene:
    """Acts that are sent without waiting for each other's results."""

    title: str
    acts: tuple[Act, ...]


def script(data: DemoData, take: int = 0) -> tuple[Scene, ...]:
    """Return the scenes, with dates relative to `data.today`. Each `take` (0 to 11) has other people.

    Raise ValueError for another take.
    """
    if not 0 <= take < TAKES:
        raise ValueError(f"the register holds people for {TAKES} takes")
    return tuple(_scenes(data, take))


def cast_of(data: DemoData, take: int) -> tuple[DemoPerson, ...]:
    """Return the people of one take (0 to 11) of the script that the register knows from the start."""
    return data.people[take * _CAST : (take + 1) * _CAST]


def _scenes(data: DemoData, take: int) -> Iterator[Scene]:
    writer = Writer(data)
    cast = iter(cast_of(data, take))
    strangers = data.strangers[take * _STRANGERS : (take + 1) * _STRANGERS]
    yield from _kinds(writer, cast)
    yield from _days(writer, cast)
    yield from _results(writer, cast, data.beginners[take])
    yield from _cases(writer, cast, strangers)
    yield from _repeats(writer, cast)
    yield from _races(writer, cast)
    yield from _mandates(writer, cast)  # the last two of the cast are declared by phone


def _kinds(write: Writer, cast: Iterator[DemoPerson]) -> Iterator[Scene]:
    flexi, student = next(cast), next(cast)
    engage, change = write.engage("bakery", next(cast)), write.change
    evening = {"startHour": "1700", "endHour": "2230"}
    yield Scene(
        "An employer declares for itself",
        (
            Act("baker in", "IN: a baker starts today", "bakery", engage),
            Act(
                "flexi in", "IN: a flexi-job tomorrow evening", "bakery",
                write.engage("bakery", flexi, 1, 1, FLEXI, **evening),
            ),
            Act(
                "student in", "IN: a student tomorrow, eight hours", "bakery",
                write.engage("bakery", student, 1, 1, STUDENT, plannedHoursNumber=8),
            ),
        ),
    )  # fmt: skip
    yield Scene(
        "It goes on with the periods that came of it",
        (
            Act("baker out", "OUT: the baker leaves in twenty days", "bakery", write.leave("baker in", 20)),
            Act("baker later", "UPDATE: no, five days later", "bakery",
                change("baker in", endDate=write.day(25))),
            Act("baker stays", "UPDATE: no, for good", "bakery", change("baker in", endDate="9999-12-31")),
            Act("flexi late", "UPDATE: the evening ends later", "bakery", change("flexi in", endHour="2330")),
            Act("student more", "UPDATE: ten hours", "bakery", change("student in", plannedHoursNumber=10)),
            Act("student cancel", "CANCEL: the student falls ill", "bakery", write.cancel("student in")),
        ),
    )  # fmt: skip


def _days(write: Writer, cast: Iterator[DemoPerson]) -> Iterator[Scene]:
    first = write.fortnight()
    yield Scene(
        "A flexi-job by period registers its days, in one breath with its IN",
        (
            Act("weeks in", "IN: a flexi-job for two weeks", "bakery",
                write.engage("bakery", next(cast), first, first + 14, FLEXI)),
            Act("day", "DAILY: the first day, from 9 to 17", "bakery",
                write.register_day("weeks in", first, "0900", "1700")),
            Act("day longer", "DAILY: no, an hour longer", "bakery", write.change_day("day", endHour="1800")),
            Act("day twice", "DAILY: the evening of that day, too early", "bakery",
                write.register_day("weeks in", first, "1730", "2200"), ("B",), ("90480-334",)),
            Act("next day", "DAILY: the next day", "bakery",
                write.register_day("weeks in", first + 1, "0900", "1700")),
            Act("next day off", "DAILY: canceled", "bakery", write.change_day("next day")),
        ),
    )  # fmt: skip


def _results(write: Writer, cast: Iterator[DemoPerson], beginner: DemoPerson) -> Iterator[Scene]:
    nobody = {"ssin": f"{next(cast).ssin[:9]}00"}  # no check digits are 00
    shapeless = write.engage("bakery", next(cast))
    del shapeless["dimonaIn"]["features"]
    yield Scene(
        "Not everything is accepted as it is",
        (
            Act("yesterday", "IN: a day late", "bakery", write.engage("bakery", next(cast), -1),
                ("W",), ("90373-460",)),
            Act("beginner", "IN: a flexi-job, and too little worked before", "bakery",
                write.engage("bakery", beginner, 1, 1, FLEXI, startHour="1700", endHour="2230"),
                ("W",), ("90017-510",)),
            Act("misspelt", "IN: wrong NISS, no end date", "bakery",
                write.engage("bakery", nobody, 1, None, STUDENT, plannedHoursNumber=8),
                ("B",), ("00024-003", "00911-001")),
            Act("again", "CANCEL: it is canceled already", "bakery", write.cancel("student in"),
                ("B",), ("00913-355",)),
            Act("no change", "UPDATE: nothing changes", "bakery",
                write.change("flexi in", endHour="2330"), ("B",), ("90378-444",)),
            Act("shapeless", "not a declaration: no features", "bakery", shapeless, ()),
        ),
    )  # fmt: skip


def _cases(write: Writer, cast: Iterator[DemoPerson], strangers: tuple[DemoPerson, ...]) -> Iterator[Scene]:
    found, lost = strangers
    misheard = next(cast)
    as_heard = {
        **misheard.identity(),
        "familyName": f"{misheard.family_name}e".upper(),
        "gender": 3 - misheard.gender,
    }
    yield Scene(
        "Who is it?",
        (
            Act("by name", "IN: no NISS, the register knows who", "bakery",
                write.engage("bakery", next(cast).identity(), 2)),
            Act("found", "IN: not in the register yet", "bakery",
                write.engage("bakery", found.identity(), 2), ("S", "A"), case=Registered(found)),
            Act("found out", "OUT: sent while the search goes on", "bakery",
                write.leave("found", 30)),
            Act("misheard", "IN: misheard, an operator knows who", "bakery",
                write.engage("bakery", as_heard, 2), ("S", "A"), case=Recognized(misheard)),
            Act("lost", "IN: never found", "bakery",
                write.engage("bakery", lost.identity(), 2), ("S", "B"), ("90017-151",), case=GivenUp()),
            Act("lost out", "OUT: of a period that never comes to be", "bakery",
                write.leave("lost", 30), ("B",), ("00913-357",)),
        ),
    )  # fmt: skip


def _repeats(write: Writer, cast: Iterator[DemoPerson]) -> Iterator[Scene]:
    once = write.engage("bakery", next(cast), 3)
    yield Scene("Once is enough", (Act("once", "IN: in three days", "bakery", once),))
    yield Scene(
        "Twice is no more",
        (
            Act("once more", "the same event again, the same replies", "bakery", once, repeats="once"),
            Act("twice", "IN: the same as a new event", "bakery", once, ("B",), ("90373-333",)),
        ),
    )


def _races(write: Writer, cast: Iterator[DemoPerson]) -> Iterator[Scene]:
    swapped, moved, hurried = next(cast), next(cast), next(cast)
    yield Scene(
        "Two workers are engaged",
        (
            Act("first", "IN: for ten days", "bakery", write.engage("bakery", swapped, 4, 14)),
            Act("open", "IN: without an end", "bakery", write.engage("bakery", moved, 4)),
        ),
    )
    yield Scene(
        "What follows is sent in one breath, and keeps its order",
        (
            Act("drop", "CANCEL: not those ten days", "bakery", write.cancel("first")),
            Act("instead", "IN: but some of the same days", "bakery", write.engage("bakery", swapped, 5, 12)),
            Act("close", "OUT: after a week", "bakery", write.leave("open", 11)),
            Act("reopen", "IN: again from the day after", "bakery", write.engage("bakery", moved, 12)),
            Act("hurried in", "IN: a third worker", "bakery", write.engage("bakery", hurried, 4)),
            Act("hurried out", "OUT: sent before that is settled", "bakery", write.leave("hurried in", 9)),
            Act("hurried in again", "IN: again from the day after", "bakery",
                write.engage("bakery", hurried, 10)),
        ),
    )  # fmt: skip


def _mandates(write: Writer, cast: Iterator[DemoPerson]) -> Iterator[Scene]:
    yield Scene(
        "On behalf of others, and told to others",
        (
            Act("brewer in", "IN: for its employer, the brewery", "secretariat",
                write.engage("brewery", next(cast))),
            Act("brewer out", "OUT: for the brewery", "secretariat", write.leave("brewer in", 60)),
            Act("nurse in", "IN: an affiliated employer, itself", "nursery",
                write.engage("nursery", next(cast)), notified="secretariat"),
            Act("porter in", "IN: for the hotel, not affiliated", "provider",
                write.engage("hotel", next(cast)), notified="hotel"),
        ),
    )  # fmt: skip
    forbidden = ("B",), ("90256-155",)
    somebody = next(cast)
    yield Scene(
        "Not on behalf of everybody",
        (
            Act("no mandate", "IN: for one who gave no mandate", "provider",
                write.engage("studio", somebody), *forbidden),
            Act("expired", "IN: the mandate has run out", "secretariat",
                write.engage("printer", somebody), *forbidden),
            Act("pending", "IN: the mandate is not signed yet", "provider",
                write.engage("municipality", somebody, features={"workerType": "OTH"}), *forbidden),
            Act("other group", "IN: the mandate is not for Dimona", "secretariat",
                write.engage("nursery", somebody), *forbidden),
            Act("not his", "CANCEL: somebody else's period", "provider",
                write.cancel("baker in"), ("B",), ("00913-354",)),
            Act("closed down", "IN: the employer has closed down", "secretariat",
                write.engage("mill", somebody), ("B",), ("90373-343",), notified="mill"),
        ),
    )  # fmt: skip
