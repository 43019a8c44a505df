"""The short form of an SMS: `type: bce: niss: comp: début: fin: type-trav: utilisateur:` and a PIN.

Labels may be in French, Dutch, German or English, in any order and case, with or without accents, and with
any separator. One SMS is one declaration.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from services.intake.phones.rules.values import (
    READERS,
    Field,
    declaration_of,
    read_moment,
    read_worker_type,
    required,
)
from shared.domain.declared import Declaration, Kind

#: The labels of each field by language. The first label of a language is the one that answers name.
LABELS: Final[Mapping[Field, Mapping[str, tuple[str, ...]]]] = {
    Field.PIN: {"fr": ("pin", "code"), "nl": ("pin", "code"), "de": ("pin", "code"), "en": ("pin", "code")},
    Field.KIND: {"fr": ("type",), "nl": ("type",), "de": ("typ", "art"), "en": ("type", "kind")},
    Field.EMPLOYER: {
        "fr": ("bce", "entreprise"), "nl": ("kbo", "onderneming"), "de": ("zdu", "unternehmen"),
        "en": ("cbe", "employer"),
    },
    Field.WORKER: {"fr": ("niss",), "nl": ("insz",), "de": ("enss",), "en": ("ssin", "niss")},
    Field.COMMISSION: {"fr": ("comp", "cp"), "nl": ("pc",), "de": ("pk",), "en": ("jc",)},
    Field.START_DAY: {"fr": ("début",), "nl": ("begin",), "de": ("beginn",), "en": ("start",)},
    Field.END_DAY: {"fr": ("fin",), "nl": ("einde", "eind"), "de": ("ende",), "en": ("end",)},
    Field.WORKER_TYPE: {
        "fr": ("type-trav", "trav"), "nl": ("type-wn", "wn"), "de": ("typ-arb", "arb"),
        "en": ("worker-type",),
    },
    Field.USER: {"fr": ("utilisateur",), "nl": ("gebruiker",), "de": ("entleiher",), "en": ("user",)},
    Field.HOURS: {"fr": ("heures",), "nl": ("uren",), "de": ("stunden",), "en": ("hours",)},
    Field.PERIOD: {"fr": ("dimona",), "nl": ("dimona",), "de": ("dimona",), "en": ("dimona",)},
}  # fmt: skip
#: The words for the kinds of declaration, in all languages.
KINDS: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.IN: ("in", "entrée", "ein"),
    Kind.OUT: ("out", "sortie", "uit", "aus"),
    Kind.UPDATE: ("update", "modification", "modif", "wijziging", "änderung", "aenderung"),
    Kind.CANCEL: ("cancel", "annulation", "annuler", "annulering", "stornierung", "storno"),
}
#: An hour has no label of its own: it follows the day.
LABELED_WITH: Final[Mapping[Field, Field]] = {
    Field.START_HOUR: Field.START_DAY, Field.END_HOUR: Field.END_DAY,
}  # fmt: skip
MOST_CHARACTERS: Final = 1600  #: of a message of several parts; a full declaration has about 200


def plain(text: str) -> str:
    """Return a text in lower case and without accents, as labels and words are compared."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in parts if not unicodedata.combining(character))


@dataclass(frozen=True, slots=True)
class Message:
    """A read SMS.

    Attributes:
        language: The language of most labels; None if the labels do not decide it.
        pin: The PIN, if one of six digits is given.
        declaration: The declaration; None if a field is missing or wrong.
        missing: The required fields that are absent.
        wrong: The fields with a value that cannot be right, or with two values.
    """

    language: str | None
    pin: str | None = None
    declaration: Declaration | None = None
    missing: tuple[Field, ...] = ()
    wrong: tuple[Field, ...] = ()


_FIELD_OF: Final = {
    plain(label): field for field, by in LABELS.items() for labels in by.values() for label in labels
}
_LANGUAGES_OF: Final = {
    label: frozenset(
        language for by in LABELS.values() for language, all_ in by.items() if label in map(plain, all_)
    )
    for label in _FIELD_OF
}
_KIND_OF: Final = {plain(word): kind for kind, words in KINDS.items() for word in words}
#: The longest label first: type-trav before type. A hyphen may be a space, or absent.
_LABEL: Final = re.compile(
    r"(?<![a-z0-9])("
    + "|".join(
        re.escape(label).replace(r"\-", r"[\s._-]?")
        for label in sorted(_FIELD_OF, key=lambda label: (-len(label), label))
    )
    + r")(?![a-z0-9])\s*[:=]?"
)
_LABEL_BY_LETTERS: Final = {label.replace("-", ""): label for label in _FIELD_OF}
_BETWEEN: Final = " \t\r\n,;|"


def read(text: str) -> Message:
    """Return the read SMS. It never raises: an unreadable text has missing fields."""
    found = list(_fields(plain(text[:MOST_CHARACTERS])))
    message = Message(_language(label for label, _ in found))
    texts: dict[Field, str] = {}
    twice = {
        field
        for label, value in found
        if value and texts.setdefault(field := _FIELD_OF[label], value) != value
    }
    values, wrong = _values(texts)
    wrong = [*wrong, *(field for field in twice if field not in wrong)]
    message = replace(message, pin=values.pop(Field.PIN, None))
    needed = [Field.KIND] if Field.KIND not in values else list(required(values))
    missing = tuple(
        dict.fromkeys(
            label
            for field in ([] if message.pin or Field.PIN in wrong else [Field.PIN]) + needed
            if not values.get(field) and (label := LABELED_WITH.get(field, field)) not in wrong
        )
    )
    if missing or wrong:
        return replace(message, missing=missing, wrong=tuple(wrong))
    return replace(message, declaration=declaration_of(values))


def label_of(field: Field, language: str) -> str:
    """Return the label of a field in a language, as an answer names it."""
    return LABELS[LABELED_WITH.get(field, field)][language][0]


def _fields(text: str) -> Iterator[tuple[str, str]]:
    """Yield each label of a plain text with the value that follows it, which may be empty."""
    found = list(_LABEL.finditer(text))
    ends = [*(match.start() for match in found[1:]), len(text)]
    for match, end in zip(found, ends, strict=False):  # without a label there is only the end
        value = text[match.end() : end]
        label = _LABEL_BY_LETTERS["".join(filter(str.isalpha, match[1]))]
        yield label, value.strip(_BETWEEN)


def _language(labels: Iterator[str]) -> str | None:
    votes = Counter(language for label in labels for language in _LANGUAGES_OF[label])
    ranked = votes.most_common(2)
    if not ranked or (len(ranked) == 2 and ranked[0][1] == ranked[1][1]):
        return None
    return ranked[0][0]


def _values(texts: Mapping[Field, str]) -> tuple[dict[Field, str], list[Field]]:
    """Return the values in the texts of labeled fields, and the fields with a wrong text."""
    values: dict[Field, str] = {}
    wrong = []
    for field, text in texts.items():
        read_values = _read_field(field, text)
        if read_values is None:
            wrong.append(field)
        else:
            values |= read_values
    return values, wrong


_HOUR_OF: Final = {day: hour for hour, day in LABELED_WITH.items()}


def _read_field(field: Field, text: str) -> dict[Field, str] | None:
    """Return the values of one labeled field, for a moment the day and the hour; None for a wrong text."""
    if field in _HOUR_OF:
        moment = read_moment(text)
        if moment is None:
            return None
        day, hour = moment
        return {field: day} | ({_HOUR_OF[field]: hour} if hour is not None else {})
    if field is Field.KIND:
        kind = _KIND_OF.get(text)
        return None if kind is None else {field: kind.value}
    value = read_worker_type(text) if field is Field.WORKER_TYPE else READERS[field](text)
    return None if value is None else {field: value}
