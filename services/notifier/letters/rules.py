"""The letter of another service, as it lies in an e-Box: its words in the language of its addressee. Pure."""

from __future__ import annotations

from datetime import datetime

from services.notifier.rules import Fact, Letter, Party, Section, Tone
from services.notifier.rules.particulars import enterprise
from services.notifier.rules.words import words
from shared.messages import LetterWritten


def letter(written: LetterWritten, addressee: Party, at: datetime) -> Letter:
    """The whole letter; what was written by hand is not translated."""
    language = addressee.language
    say = words(language)
    facts = [Fact(term=say("Date"), text=say.day_of(at))]
    if written.number is not None:
        facts.append(Fact(term=say("Dimona number"), text=str(written.number)))
    return Letter(
        language=language,
        tone=Tone.NEUTRAL,
        sender=(say("National Social Security Office"), say("Place Victor Horta 11, 1060 Brussels")),
        addressee=(
            *((addressee.name,) if addressee.name else ()),
            say("Enterprise number {number}", number=enterprise(addressee.enterprise_number)),
        ),
        facts=tuple(facts),
        title=written.subject[language],
        status=written.status[language],
        lead=written.lead[language],
        sections=tuple(
            Section(heading=part.heading[language], paragraphs=(part.text[language],))
            for part in written.parts
        ),
        closing=say(
            "This document was made automatically. It lies in your e-Box, "
            "where programs can read its data too."
        ),
    )
