"""What a test of intake says: a declaration with its surroundings, by what differs from one in order."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from services.intake.rules import Employer, KnownPeriod, admit
from shared.domain.declared import Declaration
from tests.unit.builders import (
    EMPLOYER,
    IDENTITY,
    KNOWN,
    PROVISIONAL,
    RECEIVED,
    a_change,
    an_in,
)


@dataclass(frozen=True)
class Said:
    """A declaration with its surroundings, by what differs from one in order."""

    kind: str = "in"
    given: dict[str, Any] = field(default_factory=dict)
    employer: Employer | None = EMPLOYER
    entitled: bool = True
    period: KnownPeriod | None = KNOWN
    late_after: datetime = RECEIVED

    def declaration(self) -> Declaration:
        return an_in(**self.given) if self.kind == "in" else a_change(self.kind, **self.given)

    def anomalies(self) -> list[tuple[str, str]]:
        """Codes and paths."""
        period = None if self.kind == "in" else self.period
        found = admit(self.declaration(), self.employer, self.entitled, period, self.late_after)
        return [(anomaly.code, anomaly.path) for anomaly in found]


def said(kind: str = "in", /, **given: Any) -> Said:
    return Said(kind, given)


def in_(features: dict[str, Any] | None = None, **given: Any) -> Said:
    return Said("in", {**given, "features": features})


def identity(**changed: Any) -> dict[str, Any]:
    return {name: value for name, value in {**IDENTITY, **changed}.items() if value is not None}


def address(**changed: Any) -> dict[str, Any]:
    return identity(address=identity_address(**changed))


def identity_address(**changed: Any) -> dict[str, Any]:
    return {name: value for name, value in {**IDENTITY["address"], **changed}.items() if value is not None}


ACTIVE_UNTIL_JUNE = replace(EMPLOYER, active_until=date(2026, 6, 30))
AUTHORITY = replace(EMPLOYER, provincial_or_local=True)
PROVISIONAL_EMPLOYER = replace(EMPLOYER, employer_id=PROVISIONAL)
