"""The particulars of a letter: the declared data, and each period before and after."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from services.notifier.letters.rules import (
    Section,
    Table,
    Words,
    enterprise,
    facts_of,
    later,
    shortened,
    ssin,
)
from services.notifier.notification.rules.content import Notice
from shared.domain.declaration import parse_date
from shared.domain.declared import Kind
from shared.messages import Channel

_NONE: Final = "–"

_KINDS: Final[Mapping[Kind, str]] = {
    Kind.IN: later("IN: a worker starts"),
    Kind.OUT: later("OUT: a period ends"),
    Kind.UPDATE: later("UPDATE: a period changes"),
    Kind.CANCEL: later("CANCEL: a period is canceled"),
    Kind.DAILY: later("Daily registration: a day of a period is registered, changed or canceled"),
}

_CHANNELS: Final[Mapping[Channel, str]] = {
    Channel.QUEUE: later("message queue"),
    Channel.REST: later("REST service"),
    Channel.SFTP: later("file transfer"),
    Channel.WEB: later("secured web"),
    Channel.MQ: later("message queue"),
    Channel.OPEN_WEB: later("open web"),
    Channel.SMS: later("SMS"),
    Channel.VOICE: later("voice server"),
}

_STATES: Final[Mapping[str, str]] = {
    "OPEN": later("open"),
    "CLOSED": later("closed"),
    "CANCELLED": later("canceled"),
}

#: The dates and hours that a letter shows, in order.
_DATES: Final = (
    ("startDate", "startHour", later("Start")),
    ("endDate", "endHour", later("End")),
)


def declared_section(notice: Notice, body: Mapping[str, Any], say: Words) -> Section:
    """Return the declared data with sender and time. `body` holds the data that the addressee may know."""
    declaration = notice.message.declaration
    channel = _CHANNELS[declaration.sender.channel]
    declarant = notice.declarant.name or enterprise(notice.declarant.enterprise_number)
    facts = [
        (say("Kind"), say(_KINDS[declaration.declared.kind])),
        (say("Received"), say.moment(declaration.received_at)),
        (say("Sent by"), f"{declarant} ({say(channel)})"),
        *_employer(notice, body.get("employer", {}), say),
        *_worker(body.get("worker", {}), say),
        *_block(body[declaration.declared.kind.block], say),
    ]
    return Section(heading=say("What was declared"), facts=facts_of(facts))


def impact_sections(changes: Iterable[Mapping[str, Any]], say: Words) -> Iterator[Section]:
    """Return a table for each changed period: its state before and now."""
    for change in changes:
        before, after = change.get("before"), change["after"]
        states = [after] if before is None else [before, after]
        columns = (say("Now"),) if before is None else (say("Before"), say("Now"))
        yield Section(
            heading=say("What changed in the personnel file"),
            paragraphs=() if before is not None else (say("A new period was opened."),),
            table=Table(
                caption=say("Period {number}", number=change["periodId"]),
                columns=("", *columns),
                rows=tuple((term, *values) for term, *values in _rows(states, say)),
            ),
        )


def _rows(states: Iterable[Mapping[str, Any]], say: Words) -> Iterator[tuple[str, ...]]:
    states = list(states)
    stands = [_STATES[state["status"]] for state in states]
    yield say("State"), *map(say, stands)
    for day, hour, term in _DATES:
        yield say(term), *(_moment(state.get(day), state.get(hour), say) for state in states)
    if any("plannedHoursNumber" in state for state in states):
        yield say("Planned hours"), *(str(state.get("plannedHoursNumber", _NONE)) for state in states)


def _employer(notice: Notice, employer: Mapping[str, Any], say: Words) -> Iterator[tuple[str, str]]:
    if notice.employer is not None and notice.employer.name is not None:
        yield say("Employer"), notice.employer.name
    if (number := employer.get("enterpriseNumber")) is not None:
        yield say("Employer's enterprise number"), enterprise(str(number))
    if (number := employer.get("employerId")) is not None:
        yield say("Employer's NSSO number"), str(number)


def _worker(worker: Mapping[str, Any], say: Words) -> Iterator[tuple[str, str]]:
    names = [shortened(worker[name]) for name in ("givenName", "familyName") if name in worker]
    if names:
        yield say("Worker"), " ".join(names)
    if "ssin" in worker:
        yield say("Worker's NISS"), ssin(worker["ssin"])
    if "replacedSsin" in worker:
        yield say("NISS that it replaces"), ssin(worker["replacedSsin"])
    if "birthDate" in worker:
        yield say("Born"), _day(worker["birthDate"], say)


def _block(block: Mapping[str, Any], say: Words) -> Iterator[tuple[str, str]]:
    features = block.get("features", {})
    if "periodId" in block:
        yield say("Period"), str(block["periodId"])
    if "dailyRegistrationId" in block:
        yield say("Daily registration"), str(block["dailyRegistrationId"])
    for day, hour, term in _DATES:
        if day in block or hour in block:
            yield say(term), _moment(block.get(day), block.get(hour), say)
    if "plannedHoursNumber" in block:
        yield say("Planned hours"), str(block["plannedHoursNumber"])
    if "workerType" in features:
        yield say("Worker type"), shortened(features["workerType"])
    if "jointCommissionNumber" in features:
        yield say("Joint commission"), shortened(features["jointCommissionNumber"])


def _moment(day: str | None, hour: str | None, say: Words) -> str:
    parts = [_day(day, say)] if day else []
    if hour:
        parts.append(f"{hour[:2]}:{hour[2:]}" if re.fullmatch(r"[0-9]{4}", hour) else shortened(hour))
    return ", ".join(parts) or _NONE


def _day(text: str, say: Words) -> str:
    """Return a day in full, a birth date without month and day as its year, and a wrong date as given."""
    if text.endswith("-00-00"):
        return text[:4]
    if text == "9999-12-31":
        return say("open again")
    day = parse_date(text)
    return say.day(day) if day is not None else shortened(text)
