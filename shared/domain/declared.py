"""A declaration as senders write it, with the names of Dimona REST v2. It accepts wrong values on purpose.

The models refuse only unreadable documents (decision D4): a wrong JSON type, a date that is not written
YYYY-MM-DD, a non-integer hour count, an empty string, an unknown property, missing `features`, or not exactly
one block. Lengths, patterns, ranges, check digits and code lists are anomalies: the rules of intake judge
them, so such a declaration is received and answered.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

_MOST_DIGITS: Final = 18  #: of a number that is sent as text; one of 12 digits is right


class Kind(StrEnum):
    """The kinds of declaration: four act on a period, and one registers its days."""

    IN = "in"
    OUT = "out"
    UPDATE = "update"
    CANCEL = "cancel"
    DAILY = "daily"

    @property
    def block(self) -> str:
        """Return the name of the property that holds a declaration of this kind, for example `dimonaIn`."""
        return "dimonaDailyRegistration" if self is Kind.DAILY else f"dimona{self.capitalize()}"


def _integer_text(value: object) -> object:
    """Return the text of a code that was sent as an integer (client Q19); any other value unchanged."""
    whole = _whole_number(value)
    return str(whole) if isinstance(whole, int) and not isinstance(whole, bool) else value


def _digit(value: object) -> object:
    """Return the integer of a gender sent as text, as our answers give it; any other value unchanged."""
    return int(value) if isinstance(value, str) and value in "0123456789" and value else value


def _digits(value: object) -> object:
    """Return the integer of a number that one client sends as text; any other value unchanged."""
    is_number = isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _MOST_DIGITS
    return int(value) if is_number and isinstance(value, str) else value


def _whole_number(value: object) -> object:
    """Return 8 for 8.0. Any other value stays unchanged; 8.5 is refused later (client Q20)."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _known_number(value: str | None) -> str | None:
    """Return the NISS, or None for a NISS of zeros: the value 0 of zone 00024 means an unknown number."""
    return None if value is not None and not value.strip("0") else value


#: Text without U+0000, which PostgreSQL cannot store and no name contains.
Text = Annotated[str, Field(min_length=1, pattern=r"^[^\x00]*$")]
Code = Annotated[Text, BeforeValidator(_integer_text)]
Integer = Annotated[int, Field(strict=True), BeforeValidator(_whole_number)]
Number = Annotated[Integer, BeforeValidator(_digits)]
DateText = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]


class Declared(BaseModel):
    """Base class of the objects in a declaration: camelCase names, no unknown properties, immutable."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
        hide_input_in_errors=True,
    )


class DeclaredEmployer(Declared):
    """`employer`: NSSO (or provisional) number, enterprise number, or both."""

    employer_id: Integer | None = None
    enterprise_number: Code | None = None


class Municipality(Declared):
    """`municipality`: NIS code (99999 = unknown) and name."""

    code: Integer | None = None
    name: Text | None = None


class Address(Declared):
    """`address` of a worker or of a place of work; `country` is a NIS country code (150 = Belgium)."""

    street: Text | None = None
    house_number: Code | None = None
    box_number: Code | None = None
    post_code: Code | None = None
    municipality: Municipality | None = None
    country: Integer | None = None


class DeclaredWorker(Declared):
    """`worker`: a NISS, or the identity data that are compulsory without a NISS."""

    ssin: Annotated[Code | None, AfterValidator(_known_number)] = None
    family_name: Text | None = None
    given_name: Text | None = None
    initial: Text | None = None
    birth_date: DateText | None = None
    place_of_birth: Text | None = None
    country_of_birth: Integer | None = None
    nationality: Integer | None = None
    gender: Annotated[Integer, BeforeValidator(_digit)] | None = None
    address: Address | None = None


class UsingEmployer(Declared):
    """`features.usingEmployer`: the user undertaking of a temporary agency worker."""

    joint_commission_number: Code | None = None
    name: Text | None = None
    enterprise_number: Code | None = None
    address: Address | None = None


class DeclaredFeatures(Declared):
    """`features` of an IN: joint commission, worker type, sub-entity and user undertaking."""

    joint_commission_number: Code | None = None
    worker_type: Text | None = None
    sub_entity_number: Code | None = None
    using_employer: UsingEmployer | None = None


class StudentPlaceOfWork(Declared):
    """`studentPlaceOfWork`: the place of work of a student outside the head office."""

    name: Text | None = None
    address: Address | None = None


class ConstructionControlCards(Declared):
    """`constructionControlCards`: the numbers of the C3.2A cards of the first and the next month."""

    first_month_c32a_number: Annotated[Code | None, Field(alias="firstMonthC32ANumber")] = None
    next_month_c32a_number: Annotated[Code | None, Field(alias="nextMonthC32ANumber")] = None


class SmallStatutesInformation(Declared):
    """`smallStatutesInformation`: extra data about workers of the types IVT, TRI and STG."""

    employment_nature: Text | None = None
    activity_with_risk: Integer | None = None
    worker_status: Text | None = None


class DeclaredIn(Declared):
    """`dimonaIn`: opens a period. Hours are written "HHMM"."""

    start_date: DateText | None = None
    start_hour: Text | None = None
    end_date: DateText | None = None
    end_hour: Text | None = None
    planned_hours_number: Integer | None = None
    planned_days_number: Integer | None = None
    features: DeclaredFeatures
    student_place_of_work: StudentPlaceOfWork | None = None
    construction_control_cards: ConstructionControlCards | None = None
    small_statutes_information: SmallStatutesInformation | None = None


class DeclaredOut(Declared):
    """`dimonaOut`: closes an open period."""

    period_id: Number | None = None
    end_date: DateText | None = None


class DeclaredUpdate(Declared):
    """`dimonaUpdate`: changes dates, hours or planned work; end date 9999-12-31 re-opens the period."""

    period_id: Number | None = None
    start_date: DateText | None = None
    start_hour: Text | None = None
    end_date: DateText | None = None
    end_hour: Text | None = None
    planned_hours_number: Integer | None = None
    planned_days_number: Integer | None = None


class DeclaredCancel(Declared):
    """`dimonaCancel`: cancels a period permanently."""

    period_id: Number | None = None


class DeclaredDailyRegistration(Declared):
    """`dimonaDailyRegistration`: registers, changes or cancels a day of a period.

    The name of the property is a proposal. A new registration (status 0) names the period; a change (1) or a
    cancellation (3) names the registration.
    """

    attestation_status: Integer | None = None
    daily_registration_id: Number | None = None
    period_id: Number | None = None
    start_date: DateText | None = None
    start_hour: Text | None = None
    end_date: DateText | None = None
    end_hour: Text | None = None


#: The sender's own reference of a declaration; answers and notifications repeat it (ADR 24).
Reference = Annotated[str, Field(min_length=1, max_length=20, pattern=r"^[^\x00-\x1f]+$")]
References = Annotated[tuple[Reference, ...], Field(min_length=1, max_length=4)]

Block = DeclaredIn | DeclaredOut | DeclaredUpdate | DeclaredCancel | DeclaredDailyRegistration


#: The attribute of `Declaration` that holds each kind.
_BLOCKS: Final = {
    Kind.IN: "dimona_in",
    Kind.OUT: "dimona_out",
    Kind.UPDATE: "dimona_update",
    Kind.CANCEL: "dimona_cancel",
    Kind.DAILY: "dimona_daily_registration",
}


class Declaration(Declared):
    """The body of `POST /declarations`, on the queue and over REST."""

    reference: References | None = None
    employer: DeclaredEmployer | None = None
    worker: DeclaredWorker | None = None
    dimona_in: DeclaredIn | None = None
    dimona_out: DeclaredOut | None = None
    dimona_update: DeclaredUpdate | None = None
    dimona_cancel: DeclaredCancel | None = None
    dimona_daily_registration: DeclaredDailyRegistration | None = None

    @model_validator(mode="after")
    def _exactly_one_kind(self) -> Declaration:
        if sum(getattr(self, name) is not None for name in _BLOCKS.values()) != 1:
            raise PydanticCustomError(
                "exactly_one_of",
                "exactly one of {names} is expected",
                {"names": ", ".join(kind.block for kind in Kind)},
            )
        return self

    @model_validator(mode="after")
    def _daily_alone(self) -> Declaration:
        """Refuse a daily registration with `employer` or `worker`: raise PydanticCustomError.

        The period of the registration gives both.
        """
        alone = self.employer is None and self.worker is None
        if self.dimona_daily_registration is not None and not alone:
            raise PydanticCustomError("daily_alone", "neither employer nor worker is expected")
        return self

    @cached_property
    def kind(self) -> Kind:
        """Return the kind of the declaration."""
        return next(kind for kind, name in _BLOCKS.items() if getattr(self, name) is not None)

    @property
    def block(self) -> Block:
        """Return the block of the declaration: the object in `dimonaIn`, `dimonaOut` and so on."""
        block: Block = getattr(self, _BLOCKS[self.kind])
        return block

    @property
    def period_id(self) -> int | None:
        """Return the number of the period that the declaration names, or None. An IN never names a period."""
        return None if self.kind is Kind.IN else getattr(self.block, "period_id", None)

    @property
    def daily_registration_id(self) -> int | None:
        """Return the number of the daily registration to change or cancel; None if none is named."""
        block = self.block
        return block.daily_registration_id if isinstance(block, DeclaredDailyRegistration) else None


_OLDER_NAMES: Final = {"lastName": "familyName", "firstName": "givenName"}


def _as_clients_write(data: Any) -> Any:
    """Return the data in the form of the contract, after correction of known deviations of clients.

    A top-level `features` is removed (client Q26). `lastName` and `firstName` of an older client become
    familyName and givenName (client Q24). A top-level `periodId` becomes the `periodId` of the UPDATE, unless
    the UPDATE has a different number (ADR 22).
    """
    if not isinstance(data, dict):
        return data
    worker = data.get("worker")
    if isinstance(worker, dict) and not _OLDER_NAMES.keys().isdisjoint(worker):
        renamed = {_OLDER_NAMES.get(name, name): value for name, value in worker.items()}
        data = {**data, "worker": renamed}
    update, number = data.get("dimonaUpdate"), data.get("periodId")
    if number is not None and isinstance(update, dict) and update.get("periodId", number) == number:
        data = {name: value for name, value in data.items() if name != "periodId"}
        data["dimonaUpdate"] = {**update, "periodId": number}
    return {name: value for name, value in data.items() if name != "features"}


#: A declaration as clients send it. Messages between services hold the corrected `Declaration`.
SubmittedDeclaration = Annotated[Declaration, BeforeValidator(_as_clients_write)]
