"""The translations of texts for people, from the gettext catalogs in the folder `locale` of a service.

Each catalog is read once, on its first use. So no step has to compile the catalogs after a checkout.
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

#: The formats of dates in Belgium differ from those of its neighbors.
_LOCALES: Final = {"fr": "fr_BE", "nl": "nl_BE", "de": "de_BE", "en": "en_BE"}


class Words:
    """Translator of the English texts of the code into one language."""

    def __init__(self, language: str, texts: Mapping[str, str]) -> None:
        self.language = language
        self._texts = texts

    def __call__(self, text: str, **values: object) -> str:
        """Return a text in this language, with the values in place of its {names}.

        A text without translation stays English. A test finds missing translations.
        """
        translated = self._texts.get(text, text)
        return translated.format(**values) if values else translated

    def day(self, day: date) -> str:
        """Return a day in full, such as 8 mei 2026."""
        return _in_full(day, _LOCALES[self.language])

    def day_of(self, instant: datetime) -> str:
        """Return the day in Belgium at an instant, in full."""
        return self.day(local_date(instant))

    def moment(self, instant: datetime) -> str:
        """Return the day and the time in Belgium at an instant."""
        return f"{self.day_of(instant)}, {instant.astimezone(BRUSSELS):%H:%M}"


@lru_cache(maxsize=4096)  # few days repeat often
def _in_full(day: date, locale: str) -> str:
    return format_date(day, "long", locale=locale)


def later(text: LiteralString) -> str:
    """Return a text unchanged. The call marks it for the catalogs; `Words` translates it later."""
    return text


def catalog(service: str, language: str) -> Catalog:
    """Read and return the gettext catalog of a service in a language: fr, nl, de or en."""
    path = files(f"services.{service}").joinpath("locale", language, "LC_MESSAGES", f"{service}.po")
    with path.open("rb") as file:
        return read_po(file, locale=language)


@cache
def words(service: str, language: str) -> Words:
    """Return the translator of the texts of a service into one of LANGUAGES."""
    texts = {str(message.id): str(message.string) for message in catalog(service, language) if message.id}
    return Words(language, texts)
