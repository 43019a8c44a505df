"""Forms as JSON, for the table of forms."""

from __future__ import annotations

import json
from typing import Final

from pydantic import TypeAdapter

from services.files.xml.reading import Form, Head, Place, Reference
from services.files.xml.structure import FORM
from shared.domain.declared import Declaration

_FORM: Final[TypeAdapter[Form]] = TypeAdapter(Form)


def to_text(form: Form) -> str:
    """Return a form as JSON, without nulls."""
    return _FORM.dump_json(form, by_alias=True, exclude_none=True).decode()


def from_text(text: str) -> Form:
    """Return a form from its JSON."""
    return _FORM.validate_python({"declared": None, **json.loads(text)})


def form_without_content(number: int, declared: Declaration | None) -> Form:
    """Return a form that was lost, with all that its declaration tells of it. Line and column are 0."""
    own = declared.reference if declared is not None and declared.reference is not None else ()
    head = Head(references=tuple(Reference("1", "1", each) for each in own), declarations=1)
    return Form(number, head, declared, (), {FORM.path: Place(FORM.name, 0, 0, f"1,{number}")})
