"""Write the notification of each form when its result comes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from services.files.handling.forms import from_text
from services.files.handling.store import forms as store
from services.files.handling.store.forms import Answered, StoredForm
from services.files.xml import noti
from services.files.xml.noti import FileReference
from services.files.xml.reading import Form
from shared.messages import FormAnswered
from shared.runtime.database import Transaction

#: Codes of zone 00737.
_CHANNEL_CODES: Final[Mapping[str, int]] = {"sftp": 14, "http": 13}


async def store_answers(tx: Transaction, answers: Sequence[FormAnswered]) -> None:
    """Store the notification of each answered form. An S after the final result is dropped."""
    keys = {(answer.ticket, answer.form) for answer in answers}
    forms = {(form.ticket, form.number): form for form in await store.load_forms(tx, sorted(keys))}
    await store.record(
        tx,
        [
            _answered(forms[key], answer, tx.now)
            for answer in answers
            if (key := (answer.ticket, answer.form)) in forms
        ],
    )


def refusal(stored: StoredForm, form: Form, at: datetime) -> Answered:
    """Return the notification of a form that the reader refused."""
    return Answered(stored.ticket, stored.number, True, noti.refusal_form(_file_of(stored), form, at))


def _answered(stored: StoredForm, answer: FormAnswered, at: datetime) -> Answered:
    file, form = _file_of(stored), from_text(stored.form)
    if answer.declaration is None or answer.outcome is None:
        text = noti.problem_form(file, form, answer.problem or "", at)
    else:
        result = noti.Answered(answer.declaration, answer.outcome, answer.worker, answer.impact)
        text = noti.notification_form(file, form, result, at)
    return Answered(stored.ticket, stored.number, answer.is_final, text)


def _file_of(stored: StoredForm) -> FileReference:
    code = _CHANNEL_CODES[stored.channel]
    return FileReference(stored.name, stored.ticket, stored.expeditor, stored.received_at, code)
