"""The register of processing: the purpose and the term of each column of the database (ADR 31).

Each service has a file `processing.toml`. This module reads the content of these files and has no I/O.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from types import MappingProxyType
from typing import Any, Final, TypeVar


@unique
class Category(StrEnum):
    """The categories of data of the declaration of the NSSO on personal data; a value is a key of a table."""

    IDENTIFICATION = "identification"
    ELECTRONIC = "electronic"
    EMPLOYMENT = "employment"
    FINANCIAL = "financial"
    JUDICIAL = "judicial"
    OTHER = "other"
    NONE = "none"


@unique
class Subject(StrEnum):
    """The persons that a column tells about."""

    WORKER = "worker"
    USER = "user"
    COMPLAINANT = "complainant"
    ORGANIZATION = "organization"
    OPERATOR = "operator"
    NONE = "none"


@unique
class Number(StrEnum):
    """The forms in which a column holds the number of a person."""

    SSIN = "ssin"
    KEYED = "keyed"
    SEALED = "sealed"


@unique
class AfterDeath(StrEnum):
    """Whether rows are kept after the death of the person."""

    YES = "yes"
    TERM = "term"
    MISSING = "missing"
    NONE = "none"


#: The value of a legal basis, or of a decision about a term, that no source gives.
MISSING: Final = "missing"
#: The term of rows that no decision allows to remove.
KEEP: Final = "keep"

#: The texts of all values, for the page and the API.
TEXTS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "categories": {
            "identification": "Name, address, telephone, e-mail address, numbers of a person",
            "electronic": "Logins, keys, network addresses, instants of use",
            "employment": "Employment, hours of work, declarations and their answers",
            "financial": "Amounts that are due",
            "judicial": "Findings of inspectors, and what follows from them",
            "other": "Free text, which may hold data of any kind",
            "none": "No personal data",
        },
        "subjects": {
            "worker": "Workers in declarations and registers",
            "user": "Persons who log in for an organization or for the authority",
            "complainant": "Persons who complain",
            "organization": "Employers, mandataries and institutions; some employers are natural persons",
            "operator": "Operators of the system",
            "none": "No person and no organization",
        },
        "numbers": {
            "ssin": "Readable number of a person, alone or inside a text",
            "keyed": "Code under a key that is not in the database",
            "sealed": "Encrypted under a key that is not in the database",
        },
        "purposes": {
            "declarations": "Receive and check declarations, settle them, keep the personnel file",
            "notification": "Tell employers and mandataries the results of declarations",
            "employers": "Identify employers, and the persons and programs that act for them",
            "transmission": "Send employment data to institutions of social security",
            "control": "Check that the rules are followed, and support employers",
            "complaints": "Answer contestations and complaints",
            "security": "Prevent abuse, and show each use of the data",
            "operation": "Operate the system",
        },
        "legalBases": {
            "dimona": "Royal decree of 5 November 2002 on the immediate declaration of employment",
            "act1969": "Act of 27 June 1969 on the social security of workers",
            "act1981": "Act of 29 June 1981 on the general principles of social security",
            "act1990": "Act of 15 January 1990 on the Crossroads Bank for Social Security",
            "act2014": "Act of 5 May 2014 on the single collection of data",
            "criminalCode": "Social Criminal Code",
            "gdpr": "General Data Protection Regulation: security of processing and accountability",
            "missing": "No source names one: a decision is missing",
            "none": "No personal data",
        },
        "recipients": {
            "declarant": "The organization that declared",
            "employer": "The employer, or its mandatary or approved secretariat",
            "institutions": "Institutions of social security with an authorization",
            "inspection": "Inspectors and judicial authorities",
            "person": "The person concerned",
            "authority": "Agents of the authority with a right to it",
            "operators": "Operators of the system",
        },
        "keptAfterDeath": {
            "yes": "Yes: rights of relatives may depend on it",
            "term": "The term alone decides",
            "missing": "A decision is missing",
            "none": "No personal data",
        },
    }
)
#: The values of a table that have texts, by their key in the file.
_OF_TABLES: Final = MappingProxyType(
    {"purpose": "purposes", "legal_basis": "legalBases", "kept_after_death": "keptAfterDeath"}
)
#: The keys of a file for a table as a whole; the other keys are categories, numbers and `subjects`.
_WHOLE: Final = frozenset(
    {"subject", "purpose", "legal_basis", "recipients", "term", "decision", "source", "kept_after_death"}
)


class RegisterError(ValueError):
    """The error for a wrong file. Its text says the fault and its place."""


@dataclass(frozen=True, slots=True)
class Column:
    """The classification of a column."""

    name: str
    category: Category
    subject: Subject
    number: Number | None  #: None: it holds no number of a person


@dataclass(frozen=True, slots=True)
class Table:
    """The classification of a table. Purpose, recipients and term are those of its rows as a whole.

    Attributes:
        term: The time for which rows are kept, in words.
        decision: MISSING if the term has no source; otherwise None.
        source: The text that gives the term; otherwise None.
    """

    schema: str
    name: str
    purpose: str
    legal_basis: str
    recipients: tuple[str, ...]
    term: str
    decision: str | None
    source: str | None
    kept_after_death: AfterDeath
    columns: tuple[Column, ...]

    @property
    def full_name(self) -> str:
        """Return `schema.name`."""
        return f"{self.schema}.{self.name}"


def read_register(files: Mapping[str, Mapping[str, Any]]) -> tuple[Table, ...]:
    """Return the tables of all files, in the order of schemas and names.

    Args:
        files: The content of each `processing.toml` by the name of its schema. The file of the schema
            `platform` also has the tables of the pipeline, which each schema with `pipeline = true` has.

    Raises:
        RegisterError: A value is unknown, a key is missing, or a column has two categories.
    """
    pipeline = files["platform"].get("pipeline", {})
    found: list[Table] = []
    for schema, content in files.items():
        defaults = content.get("defaults", {})
        found += _tables(schema, content.get("tables", {}), defaults)
        if content.get("has_pipeline", False):
            found += _tables(schema, pipeline, defaults)
    return tuple(sorted(found, key=lambda table: table.full_name))


def _tables(schema: str, tables: Mapping[str, Any], defaults: Mapping[str, Any]) -> Iterator[Table]:
    for name, content in tables.items():
        yield _table(schema, name, {**defaults, **content})


def _table(schema: str, name: str, content: Mapping[str, Any]) -> Table:
    where = f"{schema}.{name}"
    known = {*_WHOLE, *Category, *Number, "subjects"}
    _check(not (wrong := content.keys() - known), where, f"unknown keys: {sorted(wrong)}")
    whole = {key: _one_of(where, key, content.get(key), TEXTS[text]) for key, text in _OF_TABLES.items()}
    recipients = tuple(
        _one_of(where, "recipients", each, TEXTS["recipients"]) for each in content.get("recipients", ())
    )
    term, source = content.get("term", KEEP), content.get("source")
    decision = content.get("decision", MISSING) if source is None else None
    _check(
        source is not None or (term == KEEP and decision == MISSING), where,
        'a term needs a source; without one: term = "keep", decision = "missing"',
    )  # fmt: skip
    return Table(
        schema, name, whole["purpose"], whole["legal_basis"], recipients, term, decision, source,
        AfterDeath(whole["kept_after_death"]), tuple(_columns(where, content)),
    )  # fmt: skip


def _columns(where: str, content: Mapping[str, Any]) -> Iterator[Column]:
    categories = _by_column(where, Category, content)
    numbers = _by_column(where, Number, content)
    subjects = content.get("subjects", {})
    _check(
        not (lost := (numbers.keys() | subjects) - categories.keys()), where, f"no category: {sorted(lost)}"
    )
    for name, category in categories.items():
        subject = (
            subjects.get(name, content.get("subject")) if category is not Category.NONE else Subject.NONE
        )
        value = _one_of(where, f"subject of {name}", subject, TEXTS["subjects"])
        yield Column(name, category, Subject(value), numbers.get(name))


_Kind = TypeVar("_Kind", bound=StrEnum)


def _by_column(where: str, kinds: type[_Kind], content: Mapping[str, Any]) -> dict[str, _Kind]:
    """Return the kind of each column from lists such as `identification = ["ssin"]`."""
    found: dict[str, _Kind] = {}
    for kind in kinds:
        for column in content.get(kind, ()):
            _check(column not in found, where, f"{column} is {found.get(column)} and {kind}")
            found[column] = kind
    return found


def _one_of(where: str, key: str, value: Any, allowed: Mapping[str, str]) -> str:
    _check(value in allowed, where, f"{key} = {value!r} is none of {', '.join(allowed)}")
    return str(value)


def _check(is_right: bool, where: str, fault: str) -> None:
    if not is_right:
        raise RegisterError(f"{where}: {fault}")
