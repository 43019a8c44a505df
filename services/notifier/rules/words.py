"""The words of a language: the catalogues in `services/notifier/locale`, read as they were written.

A catalogue is a gettext file by language, for translators and their tools. It is read once, on first
use: a checkout needs no step that compiles it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final, LiteralString

from babel.dates import format_date
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from shared.domain.calendar import BRUSSELS, local_date

LANGUAGES: Final = ("fr", "nl", "de", "en")

#: Belgium writes its dates in its own way.
_LOCALES: Final = {"fr": "fr_BE", "nl": "nl_BE", "de": "de_BE", "en": "en_BE"}


class Words:
    """Says in one language what the code says in English."""

    def __init__(self, language: str, texts: Mapping[str, str]) -> None:
        self.language = language
        self._texts = texts

    def __call__(self, text: str, **values: object) -> str:
        """This text in the language, with values for its {names}; a test shows that none is missing."""
        said = self._texts.get(text, text)
        return said.format(**values) if values else said

    def day(self, day: date) -> str:
        """A day, in full."""
        return _in_full(day, _LOCALES[self.language])

    def day_of(self, instant: datetime) -> str:
        """The day it is in Belgium at this instant, in full."""
        return self.day(local_date(instant))

    def moment(self, instant: datetime) -> str:
        """Day and time of the clock in Belgium."""
        return f"{self.day_of(instant)}, {instant.astimezone(BRUSSELS):%H:%M}"


@lru_cache(maxsize=4096)  # the same few days over and over
def _in_full(day: date, locale: str) -> str:
    return format_date(day, "long", locale=locale)


def later(text: LiteralString) -> str:
    """Marks a text that stands in a table and is said later, so that the catalogues have it."""
    return text


def catalog(language: str) -> Catalog:
    """The catalogue of a language, with all that its translators left in it."""
    path = files("services.notifier").joinpath("locale", language, "LC_MESSAGES", "notifier.po")
    with path.open("rb") as file:
        return read_po(file, locale=language)


@cache
def words(language: str) -> Words:
    """The words of one of LANGUAGES."""
    texts = {str(message.id): str(message.string) for message in catalog(language) if message.id}
    return Words(language, texts)
