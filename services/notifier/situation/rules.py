"""What the notification of a changed situation says; the words are those of IDFLUX (wire-contract §10.5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from shared.domain.identifiers import looks_provisional
from shared.domain.rights import MessageType
from shared.messages import SituationChanged

#: A worker, or the employer himself. Nobody is named: a subject is seen before the message is opened.
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


def message_type(said: SituationChanged) -> MessageType:
    """What the message in the e-Box is about: who may read it follows from that."""
    return MessageType.EMPLOYER_CHANGED if said.worker is None else MessageType.WORKER_CHANGED


def subject(said: SituationChanged) -> Mapping[str, str]:
    """The subject in every language."""
    return _OF_EMPLOYER if said.worker is None else _OF_WORKER


def situation(said: SituationChanged) -> dict[str, Any]:
    """What is valid now and what was before; no provisional number, and no nulls.

    The valid situation of a worker is whole, the outdated one has only what changed.
    """
    employer: dict[str, Any] = {"enterpriseNumber": said.enterprise_number}
    if not looks_provisional(said.employer_id):
        employer["employerId"] = said.employer_id
    told: dict[str, Any] = {"effectiveStartingDate": str(said.effective_on), "employer": employer}
    if said.justification_code is not None:
        told["justificationCode"] = said.justification_code
    worker = said.worker
    if worker is None:
        return {**told, "validSituation": {"employerId": said.employer_id}}
    valid = {
        "ssin": worker.ssin,
        "familyName": worker.family_name,
        "givenName": worker.given_name,
        "birthDate": worker.birth_date,
        "gender": worker.gender,
    }
    outdated = {"ssin": said.outdated_ssin}
    return {**told, "validSituation": {"worker": valid}, "outdatedSituation": {"worker": outdated}}
