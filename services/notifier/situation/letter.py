"""The letter of a changed situation: what is valid now and what was before, in the addressee's language."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from services.notifier.rules import Fact, Letter, Party, Section, Tone, Words, words
from services.notifier.rules.notification import CLOSING, addressed, sender
from services.notifier.rules.particulars import enterprise, ssin
from services.notifier.situation.rules import subject
from shared.domain.identifiers import looks_provisional
from shared.messages import Person, SituationChanged


def letter_of(said: SituationChanged, id_: UUID, addressee: Party, at: datetime) -> Letter:
    """The letter that tells of a changed situation; it tells no more than its event does."""
    say = words(addressee.language)
    lead = (
        say("Your enterprise has received its definitive NSSO number. Use it from now on.")
        if said.worker is None
        else say("The register has replaced the identification number of your worker. Use the new one.")
    )
    facts = _facts(said, say)
    return Letter(
        language=say.language,
        tone=Tone.NEUTRAL,
        sender=sender(say),
        addressee=addressed(addressee, say),
        facts=(
            Fact(term=say("Date"), text=say.day_of(at)),
            Fact(term=say("Notification"), text=str(id_)),
        ),
        title=subject(said)[say.language],
        status=say("For your information"),
        lead=lead,
        sections=(
            Section(
                heading=say("What changed"), facts=tuple(Fact(term=term, text=text) for term, text in facts)
            ),
        ),
        closing=say(CLOSING),
    )


def _facts(said: SituationChanged, say: Words) -> Iterator[tuple[str, str]]:
    yield say("Valid from"), say.day(said.effective_on)
    yield say("Employer's enterprise number"), enterprise(said.enterprise_number)
    if not looks_provisional(said.employer_id):
        yield say("Employer's NSSO number"), str(said.employer_id)
    if said.worker is not None:
        yield from _worker(said.worker, said.outdated_ssin, say)


def _worker(worker: Person, outdated: str | None, say: Words) -> Iterator[tuple[str, str]]:
    names = (worker.given_name, worker.family_name)
    yield say("Worker"), " ".join(name for name in names if name)
    yield say("Worker's NISS"), ssin(worker.ssin)
    if outdated is not None:
        yield say("NISS that it replaces"), ssin(outdated)
