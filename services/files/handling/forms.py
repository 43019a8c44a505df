"""Forms as JSON, for the table of forms."""

from __future__ import annotations

import json
from typing import Final

from pydantic import TypeAdapter

from services.files.xml.reading import Form

_FORM: Final[TypeAdapter[Form]] = TypeAdapter(Form)


def to_text(form: Form) -> str:
    """Return a form as JSON, without nulls."""
    return _FORM.dump_json(form, by_alias=True, exclude_none=True).decode()


def from_text(text: str) -> Form:
    """Return a form from its JSON."""
    return _FORM.validate_python({"declared": None, **json.loads(text)})
