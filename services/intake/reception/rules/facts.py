"""The facts for the rules of intake: every field of a declaration, parsed once."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import Enum
from typing import Final, TypeVar

from shared.domain.calendar import local_date
from shared.domain.declaration import parse_date, parse_hour
from shared.domain.declared import (
    Address,
    ConstructionControlCards,
    Declaration,
    DeclaredEmployer,
    DeclaredFeatures,
    DeclaredIn,
    DeclaredWorker,
    Kind,
    SmallStatutesInformation,
    StudentPlaceOfWork,
    UsingEmployer,
)
from shared.domain.features import Closure
from shared.domain.identifiers import (
    DimonaNumber,
    EmployerId,
    EnterpriseNumber,
    Ssin,
    looks_provisional,
    parse_dimona_number,
    parse_employer_id,
    parse_enterprise_number,
    parse_ssin,
)
from shared.domain.places import UNKNOWN_MUNICIPALITY


class Invalid(Enum):
    """The mark of a field that was given and cannot be read. A field that was not given is None."""

    INVALID = "invalid"


T = TypeVar("T")
V = TypeVar("V")

INVALID: Final = Invalid.INVALID

_PARTIAL_BIRTH_DATE: Final = re.compile(r"(\d{4})-00-00", re.ASCII)
_NO_NUMBER: Final = re.compile(r"0+")


@dataclass(frozen=True, slots=True)
class Employer:
    """An employer of the directory, as in the published view access.employers."""

    enterprise_number: EnterpriseNumber
    employer_id: EmployerId
    active_from: date | None = None
    active_until: date | None = None  #: the last active day
    provincial_or_local: bool = False
    secured_channel_only: bool = False  #: rule R42
    sub_entities: frozenset[str] | None = None  #: rule R45; None without sub-entities
    registers_days: bool = False  #: rule R36: uses Dimona for daily registrations


@dataclass(frozen=True, slots=True)
class KnownPeriod:
    """The data of the period that a change or daily registration refers to, from the IN of the period."""

    number: DimonaNumber
    employer: EnterpriseNumber
    employer_id: EmployerId  #: at reception of the IN; may be provisional (rule R43)
    refused: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts of a declaration. Each field is a value, None (not given) or INVALID (unreadable)."""

    kind: Kind
    employer: Employer | None
    entitled: bool
    period: KnownPeriod | None
    declared_employer: Employer | None  #: the employer of the numbers that a change repeats
    late_after: datetime  #: the instant for judging lateness (decision D9)
    today: date  #: the Belgian day of reception
    secured: bool  #: whether the declaration came through a secured channel (decision D33)
    closures: Sequence[Closure]  #: kinds of declaration that are closed for a time (rule R57)
    employer_given: bool
    nsso_number: EmployerId | Invalid | None
    provisional_number: EmployerId | Invalid | None
    enterprise_number: EnterpriseNumber | Invalid | None
    ssin: Ssin | Invalid | None
    worker: DeclaredWorker
    birth_year: int | Invalid | None
    period_id: DimonaNumber | Invalid | None
    start: date | Invalid | None
    end: date | Invalid | None
    start_hour: time | Invalid | None
    end_hour: time | Invalid | None
    planned_hours: int | None
    planned_days: int | None
    features: DeclaredFeatures | None
    joint_commission: str | None
    worker_type: str | None
    sub_entity: str | None
    user: UsingEmployer | None
    commission_of_user: str | None
    user_number: EnterpriseNumber | Invalid | None  #: zeros count as not given
    user_known: bool | None  #: None without a user, or while the register of enterprises is not loaded
    place_of_work: StudentPlaceOfWork | None
    cards: ConstructionControlCards | None
    statutes: SmallStatutesInformation | None

    @property
    def given_number(self) -> EmployerId | Invalid | None:
        """Return the NSSO number or the provisional number, depending on which of them is given."""
        return self.provisional_number if self.nsso_number is None else self.nsso_number

    @property
    def identity_is_complete(self) -> bool:
        """Return whether all identity data are given; gender 0 counts as given (decision D29)."""
        worker = self.worker
        given = (
            worker.family_name,
            worker.given_name,
            worker.birth_date,
            worker.place_of_birth,
            worker.country_of_birth,
            worker.nationality,
            worker.gender,
        )
        return None not in given and worker.address is not None and _is_complete(worker.address)


_NO_EMPLOYER: Final = DeclaredEmployer()
_NO_WORKER: Final = DeclaredWorker()
_NO_FEATURES: Final = DeclaredFeatures()
_NO_USER: Final = UsingEmployer()


def facts(
    declaration: Declaration,
    employer: Employer | None,
    entitled: bool,
    period: KnownPeriod | None,
    late_after: datetime,
    *,
    received_at: datetime,
    declared_employer: Employer | None,
    secured: bool,
    user_known: bool | None,
    closures: Sequence[Closure],
) -> Facts:
    """Return the facts: every field of a declaration, parsed once. `admit` documents the arguments."""
    block = declaration.block
    opens = block if isinstance(block, DeclaredIn) else None
    numbers = declaration.employer or _NO_EMPLOYER
    worker = declaration.worker or _NO_WORKER
    features = opens.features if opens is not None else _NO_FEATURES
    user = features.using_employer or _NO_USER
    nsso, provisional = _employer_ids(numbers.employer_id)
    return Facts(
        kind=declaration.kind,
        employer=employer,
        entitled=entitled,
        period=period,
        late_after=late_after,
        declared_employer=declared_employer,
        today=local_date(received_at),
        secured=secured,
        closures=closures,
        employer_given=declaration.employer is not None,
        nsso_number=nsso,
        provisional_number=provisional,
        enterprise_number=_read(parse_enterprise_number, numbers.enterprise_number),
        ssin=_read(parse_ssin, worker.ssin),
        worker=worker,
        birth_year=_read(_birth_year, worker.birth_date),
        period_id=_read(parse_dimona_number, declaration.period_id),
        start=_read(parse_date, getattr(block, "start_date", None)),
        end=_read(parse_date, getattr(block, "end_date", None)),
        start_hour=_read(parse_hour, getattr(block, "start_hour", None)),
        end_hour=_read(parse_hour, getattr(block, "end_hour", None)),
        planned_hours=getattr(block, "planned_hours_number", None),
        planned_days=getattr(block, "planned_days_number", None),
        features=opens.features if opens is not None else None,
        joint_commission=features.joint_commission_number,
        worker_type=features.worker_type,
        sub_entity=features.sub_entity_number,
        user=features.using_employer,
        commission_of_user=user.joint_commission_number,
        user_number=_read(parse_enterprise_number, _number_of(user)),
        user_known=user_known,
        place_of_work=opens.student_place_of_work if opens is not None else None,
        cards=opens.construction_control_cards if opens is not None else None,
        statutes=opens.small_statutes_information if opens is not None else None,
    )


def _number_of(user: UsingEmployer) -> str | None:
    """Return the enterprise number of the user undertaking as it is declared.

    Return None if it is not given, or has only zeros, which mean that it is unknown (zone 00131).
    """
    given = user.enterprise_number
    return None if given is not None and _NO_NUMBER.fullmatch(given) else given


def _read(parse: Callable[[T], V | None], given: T | None) -> V | Invalid | None:
    """Return the parsed value, None if it is not given, or INVALID if it cannot be parsed."""
    if given is None:
        return None
    value = parse(given)
    return INVALID if value is None else value


def _employer_ids(given: int | None) -> tuple[EmployerId | Invalid | None, EmployerId | Invalid | None]:
    """Return the NSSO number (zone 00011) and the provisional number (zone 00948) in `employerId`.

    `employerId` is one of these two numbers, so at least one of the results is None. The other result is
    INVALID if `employerId` cannot be read, and None if it is not given.
    """
    value = _read(parse_employer_id, given)
    return (None, value) if given is not None and looks_provisional(given) else (value, None)


def _birth_year(text: str) -> int | None:
    """Return the year of a birth date, also of YYYY-00-00; None if the date cannot be read."""
    partial = _PARTIAL_BIRTH_DATE.fullmatch(text)
    if partial:
        return int(partial[1])
    day = parse_date(text)
    return None if day is None else day.year


def names_a_city(address: Address) -> bool:
    """Return whether an address has a city, as a name or as a NIS code (client Q22)."""
    town = address.municipality
    return town is not None and (town.name is not None or town.code not in (None, UNKNOWN_MUNICIPALITY))


def _is_complete(address: Address) -> bool:
    others = (address.street, address.house_number, address.post_code, address.country)
    return names_a_city(address) and None not in others
