"""Thousands of notifications: every result, kind and anomaly, each about another person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import Any, Final

from deploy.local.demo.numbers import make_enterprise_number, make_ssin
from services.notifier.letters.rules.addressee import Party
from services.notifier.letters.rules.letter import Letter
from services.notifier.notification.rules.content import Notice, Notifiable
from services.notifier.notification.rules.letter import letter_of
from shared.domain.anomalies import ANOMALIES, AnomalyClass, anomaly
from shared.domain.calendar import contestation_deadline
from shared.domain.contacts import EmployerKind
from shared.domain.declared import Declaration, Kind
from shared.domain.identifiers import with_check
from shared.messages import (
    Channel,
    DeclarationProvisional,
    DeclarationRefused,
    DeclarationSettled,
    EmployerNumbers,
    Outcome,
    PeriodImpact,
    PeriodState,
    Person,
    QuotaExcess,
    ReceivedDeclaration,
    Result,
    Sender,
    notification_id,
)
from shared.words import LANGUAGES

#: Names that break a page without escaping.
_FAMILIES: Final = (
    "Peeters", "D'Hondt", "Müller & Söhne", "<b>Lenoir</b>", 'O"Neill', "Ğülçin", "{{ Dupont }}",
)  # fmt: skip
_BLOCKING: Final = [code for code, row in ANOMALIES.items() if row.anomaly_class is AnomalyClass.BLOCKING]
_WARNING: Final = [code for code, row in ANOMALIES.items() if row.anomaly_class is AnomalyClass.WARNING]
#: With the other anomalies a notification holds only data of the sender.
_TELLING: Final = [code for code in _BLOCKING if code not in {"90256-155", "00913-354", "01085-354"}]
_QUOTAS: Final = ("STUDENT", "HORECA_WORKER", "A17_YEAR_SPORT", "ARTICLE17", "HORECA_EMPLOYER", "A17_PUBTV")
_IN_TURN: Final = (_TELLING, _WARNING, _QUOTAS)
_FIRST: Final = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Sample:
    """A notification, and what only its own letter may name."""

    notice: Notice
    person: Person

    @property
    def letter(self) -> Letter:
        """Return the letter of the sample, made as the handler makes it."""
        return letter_of(self.notice)


def samples(count: int) -> Iterator[Sample]:
    """Yield `count` notifications, in turn of each language, result and kind. Equal in every run."""
    blocking, warning, quotas = ({each: cycle(rows) for each in LANGUAGES} for rows in _IN_TURN)
    for number in range(count):
        language = LANGUAGES[number % len(LANGUAGES)]
        turn = number // len(LANGUAGES)
        result = list(Result)[turn % len(Result)]
        kind = list(Kind)[turn // len(Result) % len(Kind)]
        match result:
            case Result.REFUSED:
                yield sample(number, language, result, kind, [next(blocking[language]) for _ in range(3)])
            case Result.WARNING:
                excess = QuotaExcess(quota_type=next(quotas[language]), exceeding_hours=1 + number)
                yield sample(number, language, result, kind, [next(warning[language])], (excess,))
            case Result.PROVISIONAL:
                yield sample(number, language, result, Kind.IN, [])
            case Result.ACCEPTED:
                yield sample(number, language, result, kind, [])


def sample(
    number: int,
    language: str,
    result: Result,
    kind: Kind,
    codes: list[str],
    quota: tuple[QuotaExcess, ...] = (),
    named: tuple[str, str] | None = None,
) -> Sample:
    """One notification of a worker and an employer that no other number has, unless they are `named`."""
    alone = f"{_FAMILIES[number % len(_FAMILIES)]}-{_letters(number)}", f"Firma {_letters(number)} & Co"
    family, firm = named or alone
    born = f"{1960 + number % 40}-05-18"
    person = Person(
        ssin=make_ssin(born, 2, number // 40),
        family_name=family,
        given_name="Anne",
        birth_date="1985-00-00" if number % 9 == 8 else born,
        gender=2,
        nationality=150,
    )
    employer = make_enterprise_number(number)
    outcome = Outcome(
        result=result,
        anomalies=tuple(anomaly(code, kind.block) for code in codes),
        quota=quota,
        period_id=with_check(2 * 10**9 + number) if result in {Result.ACCEPTED, Result.WARNING} else None,
        decided_at=_FIRST,
    )
    declaration = _declaration(number, kind, person, employer)
    available = _FIRST + timedelta(hours=number)
    kind_of = EmployerKind.PROVINCIAL_OR_LOCAL if number % 5 == 0 else EmployerKind.PRIVATE
    party = Party(employer, firm, language, kind_of)
    notice = Notice(
        notification_id(declaration.number, final=result is not Result.PROVISIONAL),
        _ended(declaration, outcome, person, kind),
        addressee=party,
        employer=party,
        declarant=Party("0993141527", "Sociaal Secretariaat Vlierhof", "nl", EmployerKind.PRIVATE),
        available_at=available,
        deadline=None if result is Result.PROVISIONAL else contestation_deadline(available),
    )
    return Sample(notice, person)


def _ended(declaration: ReceivedDeclaration, outcome: Outcome, person: Person, kind: Kind) -> Notifiable:
    match outcome.result:
        case Result.PROVISIONAL:
            return DeclarationProvisional(declaration=declaration, outcome=outcome)
        case Result.REFUSED:
            return DeclarationRefused(declaration=declaration, outcome=outcome)
        case _:
            changed = () if kind is Kind.DAILY else (_impact(outcome, kind),)  # a day changes no period
            return DeclarationSettled(declaration=declaration, outcome=outcome, worker=person, impact=changed)


def _impact(outcome: Outcome, kind: Kind) -> PeriodImpact:
    was = PeriodState(status="OPEN", start_date="2026-02-01", start_hour="0900", planned_hours_number=40)
    ended = was.model_copy(update={"status": "CLOSED", "end_date": "2026-02-28", "end_hour": "1730"})
    after = {
        Kind.IN: was,
        Kind.OUT: ended,
        Kind.UPDATE: ended.model_copy(update={"planned_hours_number": 32}),
        Kind.CANCEL: was.model_copy(update={"status": "CANCELLED"}),
    }[kind]
    assert outcome.period_id is not None
    return PeriodImpact(period_id=outcome.period_id, before=None if kind is Kind.IN else was, after=after)


def _declaration(number: int, kind: Kind, person: Person, employer: str) -> ReceivedDeclaration:
    period = with_check(2 * 10**9 + number)
    blocks: dict[Kind, dict[str, Any]] = {
        Kind.IN: {
            "startDate": "2026-02-01", "startHour": "0900", "plannedHoursNumber": 40,
            "features": {"workerType": "STU", "jointCommissionNumber": "XXX"},
        },
        Kind.OUT: {"periodId": period, "endDate": "2026-02-28"},
        Kind.UPDATE: {"periodId": period, "endDate": "9999-12-31", "endHour": "25:99"},
        Kind.CANCEL: {"periodId": period},
        Kind.DAILY: {
            "attestationStatus": 1, "dailyRegistrationId": with_check(3 * 10**9 + number), "endHour": "1700",
        },
    }  # fmt: skip
    worker = {"ssin": person.ssin, "familyName": person.family_name, "givenName": person.given_name}
    about = {} if kind is Kind.DAILY else {"worker": worker}
    return ReceivedDeclaration(
        number=with_check(10**9 + number),
        declared=Declaration.model_validate({kind.block: blocks[kind], **about}),
        sender=Sender(
            client_id="client",
            organization="0993141527",
            channel=list(Channel)[number % len(Channel)],
            message_id="1",
            message_source="urn:test",
        ),
        received_at=_FIRST,
        late_after=_FIRST,
        employer=EmployerNumbers(enterprise_number=employer, employer_id=198568505),
    )


def _letters(number: int) -> str:
    """Write a number as four letters: a unique name."""
    return "".join(chr(ord("a") + number // 26**place % 26) for place in range(4)).title()
