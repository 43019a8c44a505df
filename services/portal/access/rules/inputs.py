"""The fields of the forms about access, and their check. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from shared.domain.calendar import first_day, last_day, quarter
from shared.domain.identifiers import parse_employer_id, parse_enterprise_number, parse_ssin
from shared.words import later

_LINE: Final = re.compile(r"[^\x00-\x1f\x7f]{1,200}")
_PHONE: Final = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
_NAME: Final = re.compile(r"[^\x00-\x1f\x7f]{1,60}")
_CATEGORY: Final = re.compile(r"[0-9]{3}", re.ASCII)
#: Quarters that a form offers, from the running one.
_QUARTERS: Final = 8
YES: Final = "yes"  #: value of a checked box


@dataclass(frozen=True, slots=True)
class Input:
    """A field of a form.

    Attributes:
        name: Name in the form.
        label: Text for the person.
        check: Key of CHECKS.
        kind: Type of the HTML input; also `select`, `checkbox` and `textarea`.
        required: Whether it must be filled.
        hint: Help for the person.
        choices: Values of a select with their texts.
    """

    name: str
    label: str
    check: str = "line"
    kind: str = "text"
    required: bool = True
    hint: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)


def digits(text: str) -> str:
    """Return a number without the points, hyphens and spaces with which people write it."""
    return re.sub(r"[\s./\-]", "", text)


def _is_day(text: str) -> bool:
    try:
        return str(date.fromisoformat(text)) == text
    except ValueError:
        return False


def _is_employer_id(text: str) -> bool:
    number = digits(text)
    return number.isascii() and number.isdigit() and parse_employer_id(int(number[:12])) is not None


CHECKS: Final[Mapping[str, Callable[[str], bool]]] = {
    "line": lambda text: _LINE.fullmatch(text) is not None,
    "name": lambda text: _NAME.fullmatch(text) is not None,
    "enterprise": lambda text: parse_enterprise_number(digits(text)) is not None,
    "employer": _is_employer_id,
    "ssin": lambda text: parse_ssin(digits(text)) is not None,
    "category": lambda text: _CATEGORY.fullmatch(text) is not None,
    "phone": lambda text: _PHONE.fullmatch(digits(text)) is not None,
    "day": _is_day,
    "box": lambda text: text == YES,
    "any": bool,
}
#: Key of CHECKS, or another mistake → text.
WRONG: Final[Mapping[str, str]] = {
    "missing": later("Fill in this field."),
    "line": later("Write one line of at most 200 characters."),
    "name": later("Write one line of at most 60 characters."),
    "enterprise": later(
        "Write the ten digits of the number, without letters. Its check digits must be right."
    ),
    "employer": later(
        "This is neither an NSSO number nor a provisional number: its check digits must be right."
    ),
    "ssin": later("The number has 11 digits, and its check digits must be right."),
    "category": later("A category has three digits."),
    "phone": later("Write the number with + and the code of the country, such as +3225095959."),
    "day": later("Give a day."),
    "choice": later("Choose one of the list."),
    "box": later("Choose one of the list."),
    "right": later("Choose at least one right."),
    "private": later("This is a private key. It stays with you: give its public part. Nothing was kept."),
    "key": later(
        "Paste a certificate, a public key in PEM, or a JWK: RSA of 2048 to 4096 bits, or EC on P-256."
    ),
    "refused": later("The directory does not accept this value."),
}

LANGUAGES: Final[Mapping[str, str]] = {
    "fr": later("French"), "nl": later("Dutch"), "de": later("German"), "en": later("English"),
}  # fmt: skip
GROUPS: Final[Mapping[str, str]] = {
    "dimona": later("Dimona declarations"),
    "dmfa": later("Quarterly declarations (DmfA)"),
    "personnelFile": later("Personnel file"),
    "contributions": later("Payment of contributions"),
    "other": later("Other acts of social security"),
}
QUEUES: Final[Mapping[str, str]] = {
    "no": later("no: for this portal, REST or files"),
    YES: later("yes: for programs that use the message queue"),
}
SIDES: Final[Mapping[str, str]] = {
    "mandator": later("An organization acts for us"),
    "mandatary": later("We act for an employer"),
}

NUMBER: Final = Input("enterprise_number", later("Enterprise number"), "enterprise")
#: The languages of letters; there are no letters in English to an organization.
_OF_LETTERS: Final = {code: text for code, text in LANGUAGES.items() if code != "en"}
REGISTRATION: Final = (
    NUMBER,
    Input(
        "employer_id", later("NSSO number or provisional number"), "employer",
        hint=later("The number of the employer at social security, not the enterprise number."),
    ),
    Input("name", later("Name of the enterprise")),
    Input("language", later("Language of letters"), "choice", "select", choices=_OF_LETTERS),
    Input(
        "category", later("Category of employers"), "category",
        hint=later("Three digits. The confirmation of the NSSO has it; 010 for most private employers."),
    ),
    Input("active_from", later("First day with personnel"), "day", "date"),
    Input(
        "daily_registration", later("Register workers day by day with Dimona"), "box", "checkbox",
        required=False,
    ),
)  # fmt: skip
#: The data of an employer that its own managers change.
EMPLOYER: Final = tuple(
    each for each in REGISTRATION if each.name in ("name", "language", "daily_registration")
)
_PERSON: Final = (
    Input("ssin", later("National register number of the person (11 digits)"), "ssin"),
    Input("given_name", later("Given name")),
    Input("family_name", later("Family name")),
    Input("language", later("Language of the person"), "choice", "select", choices=LANGUAGES),
)
_WITH_COUNTRY: Final = later("With + and the code of the country, such as +32470123456.")
DESIGNATION: Final = (
    *_PERSON,
    Input("phone", later("Telephone of the person"), "phone", "tel", hint=_WITH_COUNTRY),
    Input("own_ssin", later("Your own national register number"), "ssin"),
    Input("own_phone", later("Your own telephone"), "phone", "tel", hint=_WITH_COUNTRY),
)
PERSON: Final = _PERSON
ENDING: Final = (Input("valid_until", later("Last day"), "day", "date"),)
CLIENT: Final = (Input("queue", later("Message queue"), "choice", "select", choices=QUEUES),)
KEY: Final = (
    Input("key", later("Certificate, public key in PEM, or JWK"), "any", "textarea"),
    Input("valid_until", later("Last day of the key, if it has one"), "day", "date", required=False),
)
PHONE: Final = (
    Input(
        "phone_number", later("Number of the phone"), "phone", "tel",
        hint=later("With + and the code of the country. The number is not stored in readable form."),
    ),
    Input(
        "phone_label", later("Name of the phone in lists"), "name",
        hint=later("Such as: reception desk. At most 60 characters."),
    ),
    Input("language", later("Language of answers"), "choice", "select", choices=LANGUAGES),
)  # fmt: skip


def quarters(today: date, *, after: int = 0) -> dict[str, str]:
    """Return quarters of a select, with their texts, from the one `after` quarters later than today."""
    current, found = quarter(today), []
    for _ in range(after + _QUARTERS):
        found.append(current)
        current = quarter(last_day(current) + timedelta(days=1))
    return {code: f"{code[-1]}/{code[:4]}" for code in found[after:]}


def mandate(today: date) -> tuple[Input, ...]:
    """Return the fields of a proposal of a mandate."""
    return (
        Input("side", later("Direction"), "choice", "select", choices=SIDES),
        Input("other", later("Enterprise number of the other side"), "enterprise"),
        Input("group", later("For which acts"), "choice", "select", choices=GROUPS),
        Input("begin", later("First quarter"), "choice", "select", choices=quarters(today)),
        Input(
            "end", later("Last quarter, if it is known"), "choice", "select",
            required=False, choices={"": "–", **quarters(today)},
        ),
    )  # fmt: skip


def affiliation() -> tuple[Input, ...]:
    """Return the fields of an affiliation."""
    return (
        Input("secretariat", later("Enterprise number of the approved secretariat"), "enterprise"),
        Input("valid_from", later("First day"), "day", "date"),
    )


def shortening(begin: str, today: date) -> tuple[Input, ...]:
    """Return the field for an earlier last quarter of a mandate that begins with the quarter `begin`."""
    from_ = max(first_day(begin), today)
    return (Input("end", later("New last quarter"), "choice", "select", choices=quarters(from_)),)


def mistakes(inputs: Iterable[Input], typed: Mapping[str, str]) -> dict[str, str]:
    """Return the mistakes in a filled form: name of the field, and a key of WRONG."""
    return {
        each.name: mistake
        for each in inputs
        if (mistake := _mistake(each, typed.get(each.name, ""))) is not None
    }


def _mistake(input_: Input, text: str) -> str | None:
    if not text:
        return "missing" if input_.required else None
    if input_.kind == "select":
        return None if text in input_.choices else "choice"
    return None if CHECKS[input_.check](text) else input_.check


def body_of_registration(typed: Mapping[str, str]) -> dict[str, Any]:
    """Return the registration of a form without mistakes."""
    return {
        "enterpriseNumber": digits(typed["enterprise_number"]),
        "employerId": int(digits(typed["employer_id"])),
        "name": typed["name"],
        "language": typed["language"],
        "category": typed["category"],
        "activeFrom": typed["active_from"],
        **({"dailyRegistration": True} if typed.get("daily_registration") == YES else {}),
    }


def typed_of_employer(employer: Mapping[str, Any]) -> dict[str, str]:
    """Return the values of the form about an employer of the directory."""
    return {
        "name": employer["name"],
        "language": employer["language"],
        "daily_registration": YES if employer["dailyRegistration"] else "",
    }


def body_of_employer(typed: Mapping[str, str]) -> dict[str, Any]:
    """Return the data of an employer in a form without mistakes."""
    return {
        "name": typed["name"],
        "language": typed["language"],
        "dailyRegistration": typed.get("daily_registration") == YES,
    }


def person_of(typed: Mapping[str, str]) -> dict[str, str]:
    """Return the person of a form without mistakes."""
    return {
        "ssin": digits(typed["ssin"]),
        "givenName": typed["given_name"],
        "familyName": typed["family_name"],
        "language": typed["language"],
    }


def body_of_designation(typed: Mapping[str, str], organization: str) -> dict[str, Any]:
    """Return the designation of a form without mistakes."""
    return {
        "enterpriseNumber": organization,
        "person": {**person_of(typed), "phone": digits(typed["phone"])},
        "responsible": {"ssin": digits(typed["own_ssin"]), "phone": digits(typed["own_phone"])},
    }


def body_of_phone(typed: Mapping[str, str]) -> dict[str, str]:
    """Return the phone of a form without mistakes."""
    return {
        "number": digits(typed["phone_number"]), "label": typed["phone_label"], "language": typed["language"],
    }  # fmt: skip


def body_of_mandate(typed: Mapping[str, str], organization: str) -> dict[str, str]:
    """Return the proposal of a form without mistakes, for an organization on the side that it chose."""
    other = digits(typed["other"])
    mandator, mandatary = (organization, other) if typed["side"] == "mandator" else (other, organization)
    return {
        "mandator": mandator,
        "mandatary": mandatary,
        "applicationGroup": typed["group"],
        "beginQuarter": typed["begin"],
        **({"endQuarter": typed["end"]} if typed.get("end") else {}),
    }


def labels(groups: Iterable[Sequence[Input]]) -> dict[str, str]:
    """Return the label of each field, by its name."""
    return {each.name: each.label for inputs in groups for each in inputs}
