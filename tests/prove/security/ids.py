"""Ids of others: an id of another organization gets the answer of a missing one (threat T6)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from random import Random
from statistics import median
from typing import Any, Final
from uuid import UUID

from tests.asgi import Answer
from tests.directory import Caller
from tests.prove.security.figures import LEAKS, Figures
from tests.prove.security.party import Tokens
from tests.prove.security.sending import NO_ANSWER, Sender, spread

#: Headers that differ between any two answers.
_OWN_HEADERS: Final = frozenset({"date", "belgov-trace-id"})

Path = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Ids:
    """Ids of one kind of resource, and the request with which another organization tries them."""

    kind: str
    service: str
    caller: Caller
    method: str
    path: Path  #: the path of an id
    ids: Sequence[str]
    missing: Callable[[Random], str]  #: an id of the same form that names nothing


def uuid(random: Random) -> str:
    """Return an id that names nothing."""
    return str(UUID(int=random.getrandbits(128), version=4))


def number(taken: Iterable[str]) -> Callable[[Random], str]:
    """Return a source of Dimona numbers that name nothing."""
    given = frozenset(taken)

    def missing(random: Random) -> str:
        while (found := str(random.randrange(10**11, 10**12))) in given:
            pass
        return found

    return missing


def compare(sender: Sender, kinds: Iterable[Ids], seed: int = 3) -> Figures:
    """Try all ids as another organization, each beside a missing one, and note each difference."""
    figures, tokens, random = Figures(), Tokens(), Random(seed)
    seconds: dict[str, list[float]] = {"forbidden": [], "missing": []}

    def try_both(case: tuple[Ids, str, str, bool]) -> None:
        kind, id_, absent, forbidden_first = case
        answers = {}
        both = [("forbidden", id_), ("missing", absent)]
        for name, each in both if forbidden_first else reversed(both):
            began = time.perf_counter()
            path, headers = kind.path(each), tokens.of(kind.caller)
            answers[name] = sender.ask(kind.service, kind.method, path, headers)
            seconds[name].append(time.perf_counter() - began)
        figures.add(f"{kind.kind}: {answers['forbidden'].status}")
        if (fault := difference(answers["forbidden"], id_, answers["missing"], absent)) is not None:
            figures.blame(LEAKS, f"{kind.kind}: {fault}")

    spread(
        try_both,
        [(kind, id_, kind.missing(random), random.random() < 0.5) for kind in kinds for id_ in kind.ids],
    )
    for name, taken in seconds.items():
        figures.counts[f"microseconds, p50, {name}"] = round(median(taken) * 1e6)
    return figures


def difference(forbidden: Answer, id_: str, missing: Answer, absent: str) -> str | None:
    """Return how the answer for a forbidden id differs from that for a missing one, or shows content."""
    if forbidden is NO_ANSWER or not 400 <= forbidden.status < 500:
        return f"status {forbidden.status}"
    if forbidden.status != missing.status:
        return f"{forbidden.status}, and {missing.status} for a missing one"
    if _headers(forbidden) != _headers(missing):
        return "other headers"
    if _body(forbidden, id_) != _body(missing, absent):
        return "another body"
    return None


def _headers(answer: Answer) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name not in _OWN_HEADERS}


def _body(answer: Answer, id_: str) -> dict[str, Any]:
    """Return a problem without its trace id; an id that is repeated counts as equal."""
    document: dict[str, Any] = answer.json()
    return {name: str(value).replace(id_, "") for name, value in document.items() if name != "instance"}
