"""The presentation of values in templates: numbers of enterprises, days and instants."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final

from jinja2 import pass_context
from jinja2.runtime import Context

from shared.words import Words

_ENTERPRISE_DIGITS: Final = 10


def enterprise(number: str) -> str:
    """Return an enterprise number with points: 0990.101.368."""
    digits = number.zfill(_ENTERPRISE_DIGITS)
    return f"{digits[:4]}.{digits[4:7]}.{digits[7:]}"


def hour(text: str) -> str:
    """Return an hour `1730` as 17:30."""
    return f"{text[:2]}:{text[2:]}"


def quarter(text: str) -> str:
    """Return a quarter `2026Q4` as 4/2026."""
    return f"{text[-1]}/{text[:4]}"


@pass_context
def day(context: Context, text: str) -> str:
    """Return a day `2026-11-30` in full, in the language of the page."""
    say: Words = context["say"]
    return say.day(date.fromisoformat(text))


@pass_context
def moment(context: Context, text: str) -> str:
    """Return an instant as day and time in Belgium, in the language of the page."""
    say: Words = context["say"]
    return say.moment(datetime.fromisoformat(text))


FILTERS: Final[Mapping[str, Callable[..., Any]]] = {
    "enterprise": enterprise, "hour": hour, "quarter": quarter, "day": day, "moment": moment,
}  # fmt: skip
