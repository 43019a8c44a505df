"""The document: a letter as a page that can be read, printed and heard, and needs nothing from outside."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

from jinja2 import Environment, StrictUndefined, Template

from services.notifier.rules.letter import Letter

#: What a page may load: nothing. Its style is its own.
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"


def document(letter: Letter) -> str:
    """The HTML of a letter. What a declaration said is text in it, whatever characters it has."""
    return _template().render(letter=letter, policy=_POLICY)


@cache
def _template() -> Template:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    source = files("services.notifier").joinpath("templates", "letter.html").read_text("utf-8")
    return environment.from_string(source)
