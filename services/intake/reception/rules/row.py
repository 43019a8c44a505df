"""The form of one row in the rule tables of intake."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from services.intake.reception.rules.facts import Facts
from shared.domain.anomalies import Anomaly, anomaly
from shared.domain.declared import Kind

Predicate = Callable[[Facts], bool]

#: The path of the whole block of a declaration, such as `dimonaIn`.
BLOCK: Final = ""

IN: Final = frozenset({Kind.IN})
OUT: Final = frozenset({Kind.OUT})
UPDATE: Final = frozenset({Kind.UPDATE})
CHANGE: Final = frozenset({Kind.OUT, Kind.UPDATE, Kind.CANCEL})
TIMED: Final = frozenset({Kind.IN, Kind.UPDATE})
ENDED: Final = frozenset({Kind.IN, Kind.OUT, Kind.UPDATE})
#: The kinds that act on a period; a daily registration has tables of its own.
ALL: Final = frozenset(Kind) - {Kind.DAILY}


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table of rules: anomaly, kinds of declaration, field, and condition."""

    code: str
    kinds: frozenset[Kind]
    path: str  #: empty: the block of the kind; with a leading dot, a path inside the block
    holds: Predicate

    def rule(self, kind: Kind) -> Rule:
        """Return the rule for one kind of declaration: the anomaly with its full path, and the condition."""
        path = f"{kind.block}{self.path}" if self.path[:1] in ("", ".") else self.path
        return Rule(anomaly(self.code, path), self.holds)


@dataclass(frozen=True, slots=True)
class Rule:
    """A row prepared for one kind of declaration."""

    anomaly: Anomaly
    holds: Predicate


def is_bad_text(value: str | None, longest: int) -> bool:
    """Return whether a text is only white space, or longer than `longest` characters. None is not bad.

    An empty text never comes here, because its command is rejected with a problem before (decision D4).
    """
    return value is not None and (len(value) > longest or not value.strip())
