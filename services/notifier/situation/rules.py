"""The content and the letter of a changed situation, in the terms of IDFLUX."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

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
from services.notifier.letters.rules.numbers import enterprise, ssin
from shared.domain.identifiers import looks_provisional
from shared.domain.rights import MessageType
from shared.messages import Person, SituationChanged
from shared.words import Words, words

#: The subject by language. It has no names, because it is visible before the message is opened.
_OF_WORKER: Final = {
    "fr": "Un de vos travailleurs a un nouveau numéro d'identification",
    "nl": "Een van uw werknemers heeft een nieuw identificatienummer",
    "de": "Einer Ihrer Arbeitnehmer hat eine neue Identifikationsnummer",
    "en": "One of your workers has a new identification number",
}
_OF_EMPLOYER: Final = {
    "fr": "Votre numéro ONSS définitif remplace le numéro provisoire",
    "nl": "Uw definitief RSZ-nummer vervangt het voorlopige",
    "de": "Ihre endgültige LSS-Nummer ersetzt die vorläufige",
    "en": "Your definitive NSSO number replaces the provisional one",
}


def message_type(change: SituationChanged) -> MessageType:
    """Return the type of the message in the e-Box, which decides the right to read it."""
    return MessageType.EMPLOYER_CHANGED if change.worker is None else MessageType.WORKER_CHANGED


def subject(change: SituationChanged) -> Mapping[str, str]:
    """Return the subject of the message about a changed situation, by language, without names."""
    return _OF_EMPLOYER if change.worker is None else _OF_WORKER


def situation_data(change: SituationChanged) -> dict[str, Any]:
    """Return the data of the event about a changed situation: the valid and the outdated situation.

    The valid situation of a worker has all properties; the outdated situation has only the replaced NISS. For
    an employer there is only the valid situation, with its definitive NSSO number. A provisional number of
    the employer is left out of the property `employer`.
    """
    employer: dict[str, Any] = {"enterpriseNumber": change.enterprise_number}
    if not looks_provisional(change.employer_id):
        employer["employerId"] = change.employer_id
    data: dict[str, Any] = {"effectiveStartingDate": str(change.effective_on), "employer": employer}
    if change.justification_code is not None:
        data["justificationCode"] = change.justification_code
    worker = change.worker
    if worker is None:
        return {**data, "validSituation": {"employerId": change.employer_id}}
    valid = {
        "ssin": worker.ssin,
        "familyName": worker.family_name,
        "givenName": worker.given_name,
        "birthDate": worker.birth_date,
        "gender": worker.gender,
    }
    outdated = {"ssin": change.outdated_ssin}
    return {**data, "validSituation": {"worker": valid}, "outdatedSituation": {"worker": outdated}}


def letter_of(change: SituationChanged, id_: UUID, addressee: Party, at: datetime) -> Letter:
    """Return the letter about a changed situation. All its facts are also in the event of the change."""
    say = words("notifier", addressee.language)
    lead = (
        say("Your enterprise has received its definitive NSSO number. Use it from now on.")
        if change.worker is None
        else say("The register has replaced the identification number of your worker. Use the new one.")
    )
    return Letter(
        language=say.language,
        tone=Tone.NEUTRAL,
        sender=sender_lines(say),
        addressee=address_lines(addressee, say),
        facts=facts_of([(say("Date"), say.day_of(at)), (say("Notification"), str(id_))]),
        title=subject(change)[say.language],
        status=say("For your information"),
        lead=lead,
        sections=(Section(heading=say("What changed"), facts=facts_of(_facts(change, say))),),
        closing=say(CLOSING),
    )


def _facts(change: SituationChanged, say: Words) -> Iterator[tuple[str, str]]:
    yield say("Valid from"), say.day(change.effective_on)
    yield say("Employer's enterprise number"), enterprise(change.enterprise_number)
    if not looks_provisional(change.employer_id):
        yield say("Employer's NSSO number"), str(change.employer_id)
    if change.worker is not None:
        yield from _worker(change.worker, change.outdated_ssin, say)


def _worker(worker: Person, outdated: str | None, say: Words) -> Iterator[tuple[str, str]]:
    names = (worker.given_name, worker.family_name)
    yield say("Worker"), " ".join(name for name in names if name)
    yield say("Worker's NISS"), ssin(worker.ssin)
    if outdated is not None:
        yield say("NISS that it replaces"), ssin(outdated)
