"""The fields and the event types of the feed, of which an authorization of an institution names some."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

#: The field of daily registrations; an institution without it gets no events about them.
DAILY_REGISTRATION: Final = "dailyRegistration"

#: Fields that every institution gets, because it cannot put events in order without them.
ALWAYS: Final = ("relation", "version", "periodId", "status")

#: All fields of the feed.
FEED_FIELDS: Final = (
    "relation", "version", "employer", "worker", "periodId", "status", "startDate", "startHour", "endDate",
    "endHour", "plannedHoursNumber", "plannedDaysNumber", "jointCommissionNumber", "workerType",
    "subEntityNumber", "userUndertaking", "isLate", "isLocked", DAILY_REGISTRATION,
)  # fmt: skip

#: All event types of the feed.
FEED_KINDS: Final = tuple(
    f"be.nsso.dimona.v1.{name}"
    for name in (
        "periods.notify.opened", "periods.notify.closed", "periods.notify.updated", "periods.notify.canceled",
        "periods.notify.stated",
        "dailyRegistrations.notify.created", "dailyRegistrations.notify.updated",
        "dailyRegistrations.notify.canceled", "workers.notify.ssinReplaced", "relations.notify.emptied",
        "employers.notify.employerIdReplaced",
    )
)  # fmt: skip


def check_feed_fields(names: Iterable[str]) -> tuple[str, ...]:
    """Check the fields of an authorization. Return them with those of ALWAYS, in the order of FEED_FIELDS.

    Raise ValueError with the names of unknown fields.
    """
    fields = tuple(names)
    _refuse_unknown("field", fields, FEED_FIELDS)
    return tuple(name for name in FEED_FIELDS if name in fields or name in ALWAYS)


def check_feed_kinds(names: Iterable[str]) -> tuple[str, ...]:
    """Check the event types of an authorization, and return them in the order of FEED_KINDS.

    Raise ValueError with the names of unknown types.
    """
    kinds = tuple(names)
    _refuse_unknown("event type", kinds, FEED_KINDS)
    return tuple(name for name in FEED_KINDS if name in kinds)


def _refuse_unknown(value: str, names: Iterable[str], known: tuple[str, ...]) -> None:
    if unknown := [name for name in names if name not in known]:
        raise ValueError(
            f"unknown {value} of the feed: {', '.join(unknown)}; the {value}s are {', '.join(known)}"
        )
