"""A form is stored as JSON and read again without a change."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.files.handling.forms import from_text, to_text
from services.files.xml.reading import UnreadableFileError, read_forms
from tests.file_senders import cancel, engage, file_of

DAY = date(2026, 2, 13)
ENGAGED = engage("0477472701", "93051822361", DAY)


@pytest.mark.parametrize(
    "content",
    [
        ENGAGED, cancel(1), "", "<DimonaOut/>", "<DimonaCancel><Period>1</Period></DimonaCancel>",
        ENGAGED.replace("93051822361", "0"), ENGAGED + cancel(1),
        ENGAGED.replace("XXX", "\N{LATIN SMALL LETTER E WITH ACUTE}"),
    ],
)  # fmt: skip
def test_a_form_is_kept(content: str) -> None:
    """Also a form with anomalies, which has no declaration."""
    (form,) = read_forms([file_of([content], DAY)], DAY)
    assert from_text(to_text(form)) == form


@given(st.text(st.characters(codec="latin-1", exclude_characters="<>&"), max_size=30))
def test_any_text_in_a_form_is_kept(text: str) -> None:
    try:
        content = file_of([ENGAGED.replace("XXX", text)], DAY)
        (form,) = read_forms([content], DAY)
    except UnreadableFileError:  # a control character is not allowed in XML
        return
    assert from_text(to_text(form)) == form
