"""Forms as JSON, for the table of forms."""

from __future__ import annotations

from typing import Final

from pydantic import TypeAdapter

from services.files.xml.reading import Form

_FORM: Final[TypeAdapter[Form]] = TypeAdapter(Form)


def to_text(form: Form) -> str:
    """Return a form as JSON."""
    return _FORM.dump_json(form, by_alias=True, exclude_none=True).decode()


def from_text(text: str) -> Form:
    """Return a form from its JSON."""
    return _FORM.validate_json(text)
