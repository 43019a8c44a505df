"""The HTML page of a letter, for screens, printers and screen readers. It loads no other file."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

from jinja2 import Environment, StrictUndefined, Template

from services.notifier.letters.rules.letter import Letter

#: The policy of the page: it loads no other file, and its style is inline.
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"


def document(letter: Letter) -> str:
    """Return the HTML page of a letter. All its texts are escaped, so no declared value can act as HTML."""
    return _template().render(letter=letter, policy=_POLICY)


@cache
def _template() -> Template:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    source = files("services.notifier").joinpath("templates", "letter.html").read_text("utf-8")
    return environment.from_string(source)
