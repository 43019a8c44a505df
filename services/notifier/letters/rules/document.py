"""The page of a letter, to read, print and hear. It loads nothing from outside."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

from jinja2 import Environment, StrictUndefined, Template

from services.notifier.letters.rules.letter import Letter

#: A page loads nothing; its style is inline.
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"


def document(letter: Letter) -> str:
    """Return the HTML of a letter. Declared values are escaped, whatever characters they have."""
    return _template().render(letter=letter, policy=_POLICY)


@cache
def _template() -> Template:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    source = files("services.notifier").joinpath("templates", "letter.html").read_text("utf-8")
    return environment.from_string(source)
