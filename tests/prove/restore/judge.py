"""Compare the messages of clients and institutions after a restore with the restored database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

from tests.foreign.events import INTERMEDIATE, RECEIVED, REPLY, Event
from tests.prove.observe import Observations

Message = tuple[str, str]  #: client, and id of the message


@dataclass(frozen=True, slots=True)
class Outside:
    """The messages that clients and institutions have got, before and after the restore."""

    told: Mapping[Message, Collection[int]]  #: Dimona numbers in the confirmations of a message
    finals: Mapping[int, Collection[str]]  #: ids of the final replies about a number
    #: by institution, relation, version and period: ids of the events
    events: Mapping[tuple[str, int, int, int | None], Collection[str]] = field(default_factory=dict)


def judge(outside: Outside, stored: Collection[int], named: Collection[int]) -> Iterator[str]:
    """Yield a line for each unexplained number, and each number, reply or version that was given out twice.

    Args:
        outside: The messages of clients and institutions.
        stored: The numbers of the declarations in the database.
        named: The numbers that were named as missing.
    """
    told = {number for numbers in outside.told.values() for number in numbers}
    yield from (f"{n} was told, is not stored and not named" for n in told - set(stored) - set(named))
    yield from (f"{n} is named as missing, and is stored" for n in set(named) & set(stored))
    owners: defaultdict[int, set[Message]] = defaultdict(set)
    for message, numbers in outside.told.items():
        for number in numbers:
            owners[number].add(message)
    yield from (f"{n} was told to {len(of)} messages" for n, of in owners.items() if len(of) > 1)
    yield from (f"{n} has {len(ids)} final replies" for n, ids in outside.finals.items() if len(ids) > 1)
    for (institution, relation, version, _), ids in outside.events.items():
        if len(ids) > 1:
            yield f"{institution} got {len(ids)} events as version {version} of relation {relation}"


def number_of(event: Event) -> int | None:
    """Return the Dimona number in a reply; None for a problem."""
    if event.type == RECEIVED:
        return int(event.data["declarationId"])
    if event.type in (REPLY, INTERMEDIATE):
        return int(event.data["declarationStatus"]["declarationId"])
    return None


def without_missing(seen: Observations, named: Collection[int]) -> Observations:
    """Return the observations without replies about missing declarations, and without their events."""
    fed = {row["id"] for row in seen.tables["feed"]}
    return replace(
        seen,
        answers={
            client: {
                id_: [event for event in events if number_of(event) not in named]
                for id_, events in answers.items()
            }
            for client, answers in seen.answers.items()
        },
        pushed={institution: ids & fed for institution, ids in seen.pushed.items()},
    )
