"""The rendering of templates, and the choice of the language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.portal.values import FILTERS
from shared.words import LANGUAGES, Words, words

TEMPLATES: Final = Path(__file__).parent / "templates"
#: The name of each language in itself.
NAMES: Final[Mapping[str, str]] = {
    "fr": "Français", "nl": "Nederlands", "de": "Deutsch", "en": "English",
}  # fmt: skip

Speak = Callable[[str], Words]


def speak(language: str) -> Words:
    """Return the texts of the portal in a language."""
    return words("portal", language)


@cache
def environment() -> Environment:
    """Return the environment of all templates. Every value is escaped, and a missing one is an error."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    made.filters.update(FILTERS)
    return made


def render(template: str, say: Words, values: Mapping[str, Any]) -> str:
    """Return a page as HTML in the language of `say`."""
    return environment().get_template(template).render(say=say, languages=NAMES, **values)


def language_of(wishes: str, accept_language: str, own: str = "") -> str:
    """Return the first of our languages among the wishes of the person, those of the browser, `own`, French.

    `own` is the language of the person in the directory.
    """
    weighed = [part.partition(";") for part in accept_language.split(",")]
    browser = sorted(weighed, key=lambda part: -_weight(part[2]))
    for wish in [*wishes.split(), *(part[0] for part in browser), own]:
        if (name := wish.strip().lower().partition("-")[0]) in LANGUAGES:
            return name
    return LANGUAGES[0]


def _weight(parameter: str) -> float:
    """Return the weight of a language: 0.8 for `q=0.8`, 1 for an empty text, and 0 for an unreadable text."""
    try:
        return float(parameter.strip().removeprefix("q=")) if parameter.strip() else 1.0
    except ValueError:
        return 0.0
