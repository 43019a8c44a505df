"""Write the notification of each form when its result comes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from services.files.handling.forms import form_without_content, from_text, to_text
from services.files.handling.store import forms as store
from services.files.handling.store.forms import FormResult, StoredForm
from services.files.handling.store.queries import OpenQuery
from services.files.xml import noti
from services.files.xml.noti import FileReference
from services.files.xml.reading import Form
from shared.channel_codes import CHANNEL_CODES
from shared.messages import Channel, FormAnswered
from shared.runtime.database import Transaction
from shared.runtime.logs import log

#: The code of the way by which a file came.
_CODES: Final[Mapping[str, int]] = {"sftp": CHANNEL_CODES[Channel.SFTP], "http": CHANNEL_CODES[Channel.REST]}

_Key = tuple[str, int]  # ticket and number of a form


async def store_results(tx: Transaction, results: Sequence[FormAnswered]) -> None:
    """Store the notification of each form with a result. An S after the final result is dropped."""
    by_key = {(result.ticket, result.form): result for result in results}
    forms = await _load(tx, by_key)
    if lost := by_key.keys() - forms.keys():
        await _replace_lost(tx, [by_key[key] for key in sorted(lost)])
        forms = await _load(tx, by_key)
    await store.record(
        tx,
        [
            _notified(forms[key], result, tx.now)
            for result in results
            if (key := (result.ticket, result.form)) in forms
        ],
    )


async def _load(tx: Transaction, keys: Iterable[_Key]) -> Mapping[_Key, StoredForm]:
    return {(form.ticket, form.number): form for form in await store.load_forms(tx, sorted(keys))}


async def _replace_lost(tx: Transaction, results: Sequence[FormAnswered]) -> None:
    """Store forms without content for those that lost their row after they were submitted.

    Otherwise they would keep their places for ever. A form that does not count as submitted, as after a
    restore, stays absent: it will be submitted again.
    """
    for result in results:
        log.warning("form_without_row", ticket=result.ticket, form=result.form)
        declared = None if result.declaration is None else result.declaration.declared
        form = form_without_content(result.form, declared)
        await store.replace_lost(tx, result.ticket, result.form, to_text(form))


def refusal(stored: StoredForm, form: Form, at: datetime) -> FormResult:
    """Return the notification of a form that the reader refused."""
    return FormResult(stored.ticket, stored.number, True, noti.refusal_form(file_of(stored), form, at))


def _notified(stored: StoredForm, result: FormAnswered, at: datetime) -> FormResult:
    file, form = file_of(stored), from_text(stored.form)
    if result.declaration is None or result.outcome is None:
        text = noti.problem_form(file, form, result.problem or "", at)
    else:
        handled = noti.HandledDeclaration(result.declaration, result.outcome, result.worker, result.impact)
        text = noti.notification_form(file, form, handled, at)
    return FormResult(stored.ticket, stored.number, result.is_final, text)


def file_of(stored: StoredForm | OpenQuery) -> FileReference:
    """Return the file of a form or of a query, for its notification."""
    code = _CODES[stored.channel]
    return FileReference(stored.name, stored.ticket, stored.expeditor, stored.received_at, code)
