"""Letters that other services write, such as the answer to a contestation, as letters of the e-Box."""

from __future__ import annotations

from datetime import datetime

from services.notifier.letters.rules.addressee import Party
from services.notifier.letters.rules.letter import (
    CLOSING,
    Letter,
    Section,
    Tone,
    address_lines,
    facts_of,
    sender_lines,
)
from shared.messages import LetterWritten
from shared.words import words


def written_letter(written: LetterWritten, addressee: Party, deposited_at: datetime) -> Letter:
    """Return a letter of another service as a letter in the language of its addressee.

    Texts that a person typed are not translated.
    """
    language = addressee.language
    say = words("notifier", language)
    facts = [(say("Date"), say.day_of(deposited_at))]
    if written.number is not None:
        facts.append((say("Dimona number"), str(written.number)))
    return Letter(
        language=language,
        tone=Tone.NEUTRAL,
        sender=sender_lines(say),
        addressee=address_lines(addressee, say),
        facts=facts_of(facts),
        title=written.subject[language],
        status=written.status[language],
        lead=written.lead[language],
        sections=tuple(
            Section(heading=part.heading[language], paragraphs=(part.text[language],))
            for part in written.parts
        ),
        closing=say(CLOSING),
    )
