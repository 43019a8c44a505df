"""The step that puts the letters of other services into e-Boxes, each once."""

from __future__ import annotations

from collections.abc import Sequence

from services.notifier import store
from services.notifier.ebox import store as ebox
from services.notifier.letters import rules
from shared.messages import LetterWritten, to_json
from shared.runtime.database import Transaction
from shared.runtime.step import Effect


async def deposit(tx: Transaction, letters: Sequence[LetterWritten]) -> Sequence[Effect]:
    """Put each letter into the e-Box of the enterprise that it is for."""
    parties = await store.parties(tx, {letter.enterprise_number for letter in letters})
    posts = [
        ebox.Post(
            id=letter.letter_id,
            enterprise_number=letter.enterprise_number,
            message_type=letter.message_type,
            language=parties[letter.enterprise_number].language,
            subject=letter.subject,
            letter=to_json(rules.letter(letter, parties[letter.enterprise_number], tx.now)),
            data=letter.data,
            declaration_id=letter.number,
        )
        for letter in letters
    ]
    await ebox.deposit(tx, posts)
    return ()
