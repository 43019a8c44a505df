"""The data of a declaration in a letter: the declared data, and each changed period before and after."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from services.notifier.letters.rules.letter import Section, Table, facts_of
from services.notifier.letters.rules.numbers import enterprise, shortened, ssin
from services.notifier.notification.rules.content import Notice
from shared.answer import answered_parties, replaced_ssin
from shared.domain.declaration import parse_date
from shared.domain.declared import Block, DeclaredEmployer, DeclaredIn, DeclaredWorker, Kind
from shared.messages import Channel, DeclarationSettled, EmployerNumbers, PeriodImpact, PeriodState, Person
from shared.words import Words, later

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

#: The declared ids that a letter shows, in order: field and term.
_NUMBERS: Final = (
    ("period_id", later("Period")),
    ("daily_registration_id", later("Daily registration")),
)
#: The planned hours and days that a letter shows, in order: field and term.
_PLANNED: Final = (
    ("planned_hours_number", later("Planned hours")),
    ("planned_days_number", later("Planned days")),
)
#: The dates that a letter shows, in order: field of the day, field of the hour, term.
_DATES: Final = (
    ("start_date", "start_hour", later("Start")),
    ("end_date", "end_hour", later("End")),
)


def declared_section(notice: Notice, say: Words) -> Section:
    """Return the section of a letter with the declared data, the sender and the time of reception.

    Data of the registers are in it only if the addressee may know them.
    """
    message = notice.message
    declaration = message.declaration
    channel = _CHANNELS[declaration.sender.channel]
    declarant = notice.declarant.name or enterprise(notice.declarant.enterprise_number)
    registered = message.worker if isinstance(message, DeclarationSettled) else None
    employer, worker = answered_parties(declaration, message.outcome, registered)
    facts = [
        (say("Kind"), say(_KINDS[declaration.declared.kind])),
        (say("Received"), say.moment(declaration.received_at)),
        (say("Sent by"), f"{declarant} ({say(channel)})"),
        *_employer(notice, employer, say),
        *_worker(worker, declaration.declared.worker, say),
        *_block(declaration.declared.block, say),
    ]
    return Section(heading=say("What was declared"), facts=facts_of(facts))


def impact_sections(changes: Iterable[PeriodImpact], say: Words) -> Iterator[Section]:
    """Yield a section for each changed period, with a table of its state before and now.

    A new period has only its state now.
    """
    for change in changes:
        before, after = change.before, change.after
        states = [after] if before is None else [before, after]
        columns = (say("Now"),) if before is None else (say("Before"), say("Now"))
        yield Section(
            heading=say("What changed in the personnel file"),
            paragraphs=() if before is not None else (say("A new period was opened."),),
            table=Table(
                caption=say("Period {number}", number=change.period_id),
                columns=("", *columns),
                rows=tuple(_rows(states, say)),
            ),
        )


def _rows(states: Sequence[PeriodState], say: Words) -> Iterator[tuple[str, ...]]:
    yield say("State"), *(say(_STATES[state.status]) for state in states)
    yield say("Start"), *(_moment(state.start_date, state.start_hour, say) for state in states)
    yield say("End"), *(_moment(state.end_date, state.end_hour, say) for state in states)
    for name, term in _PLANNED:
        numbers = [getattr(state, name) for state in states]
        if any(number is not None for number in numbers):
            yield say(term), *(_NONE if number is None else str(number) for number in numbers)


def _employer(
    notice: Notice, employer: EmployerNumbers | DeclaredEmployer | None, say: Words
) -> Iterator[tuple[str, str]]:
    if notice.employer is not None and notice.employer.name is not None:
        yield say("Employer"), notice.employer.name
    if employer is None:
        return
    if employer.enterprise_number is not None:
        yield say("Employer's enterprise number"), enterprise(employer.enterprise_number)
    if employer.employer_id is not None:
        yield say("Employer's NSSO number"), str(employer.employer_id)


def _worker(
    worker: Person | DeclaredWorker | None, declared: DeclaredWorker | None, say: Words
) -> Iterator[tuple[str, str]]:
    if worker is None:
        return
    names = [shortened(name) for name in (worker.given_name, worker.family_name) if name is not None]
    if names:
        yield say("Worker"), " ".join(names)
    if worker.ssin is not None:
        yield say("Worker's NISS"), ssin(worker.ssin)
    if isinstance(worker, Person) and (replaced := replaced_ssin(worker, declared)) is not None:
        yield say("NISS that it replaces"), ssin(replaced)
    if worker.birth_date is not None:
        yield say("Born"), _day(worker.birth_date, say)


def _block(block: Block, say: Words) -> Iterator[tuple[str, str]]:
    for name, term in _NUMBERS:
        if (number := getattr(block, name, None)) is not None:
            yield say(term), str(number)
    for day_name, hour_name, term in _DATES:
        day, hour = getattr(block, day_name, None), getattr(block, hour_name, None)
        if day is not None or hour is not None:
            yield say(term), _moment(day, hour, say)
    for name, term in _PLANNED:
        if (number := getattr(block, name, None)) is not None:
            yield say(term), str(number)
    if isinstance(block, DeclaredIn):
        if block.features.worker_type is not None:
            yield say("Worker type"), shortened(block.features.worker_type)
        if block.features.joint_commission_number is not None:
            yield say("Joint commission"), shortened(block.features.joint_commission_number)


def _moment(day: str | None, hour: str | None, say: Words) -> str:
    parts = [_day(day, say)] if day else []
    if hour:
        parts.append(f"{hour[:2]}:{hour[2:]}" if re.fullmatch(r"[0-9]{4}", hour) else shortened(hour))
    return ", ".join(parts) or _NONE


def _day(text: str, say: Words) -> str:
    """Return a day in full.

    A birth date without month and day becomes its year, 9999-12-31 becomes "open again", and a wrong date
    stays as given, cut after 120 characters.
    """
    if text.endswith("-00-00"):
        return text[:4]
    if text == "9999-12-31":
        return say("open again")
    day = parse_date(text)
    return say.day(day) if day is not None else shortened(text)
