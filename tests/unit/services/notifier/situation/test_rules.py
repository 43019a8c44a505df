"""The notification of a changed situation, in the terms of IDFLUX."""

from __future__ import annotations

from datetime import UTC, date, datetime
from html import unescape
from uuid import UUID

import pytest

from services.notifier.letters.rules.addressee import Party
from services.notifier.letters.rules.document import document
from services.notifier.situation.rules import letter_of, message_type, situation_data, subject
from shared.domain.contacts import EmployerKind
from shared.domain.rights import MessageType
from shared.messages import SituationChanged
from shared.words import LANGUAGES
from tests.unit.builders import ENTERPRISE, NSSO, OTHER_NISS, PROVISIONAL, WORKER

OF_WORKER = SituationChanged(
    subject=UUID(int=7),
    enterprise_number=ENTERPRISE,
    employer_id=NSSO,
    justification_code=90,
    effective_on=date(2026, 2, 20),
    worker=WORKER,
    outdated_ssin=OTHER_NISS,
)
OF_EMPLOYER = SituationChanged(
    subject=UUID(int=8), enterprise_number=ENTERPRISE, employer_id=NSSO, effective_on=date(2026, 2, 20)
)
PERSON = {
    "ssin": WORKER.ssin,
    "familyName": WORKER.family_name,
    "givenName": WORKER.given_name,
    "birthDate": WORKER.birth_date,
    "gender": WORKER.gender,
}
EMPLOYER = {"enterpriseNumber": ENTERPRISE, "employerId": NSSO}


def test_the_valid_situation_is_whole_and_the_outdated_one_has_the_changed_fields() -> None:
    assert situation_data(OF_WORKER) == {
        "effectiveStartingDate": "2026-02-20",
        "employer": EMPLOYER,
        "justificationCode": 90,
        "validSituation": {"worker": PERSON},
        "outdatedSituation": {"worker": {"ssin": OTHER_NISS}},
    }


def test_a_definitive_number_has_no_code_and_no_outdated_situation() -> None:
    assert situation_data(OF_EMPLOYER) == {
        "effectiveStartingDate": "2026-02-20",
        "employer": EMPLOYER,
        "validSituation": {"employerId": NSSO},
    }


def test_an_event_never_has_a_provisional_number() -> None:
    told = situation_data(OF_WORKER.model_copy(update={"employer_id": PROVISIONAL}))
    assert told["employer"] == {"enterpriseNumber": ENTERPRISE}


@pytest.mark.parametrize(
    ("said", "type_"),
    [(OF_WORKER, MessageType.WORKER_CHANGED), (OF_EMPLOYER, MessageType.EMPLOYER_CHANGED)],
)
def test_the_subject_names_no_person(said: SituationChanged, type_: MessageType) -> None:
    assert message_type(said) == type_
    assert set(subject(said)) == {"fr", "nl", "de", "en"}
    assert len(set(subject(said).values())) == 4
    assert not any(character.isdigit() for text in subject(said).values() for character in text)


@pytest.mark.parametrize("said", [OF_WORKER, OF_EMPLOYER])
@pytest.mark.parametrize("language", LANGUAGES)
def test_letter_and_event_agree_in_the_addressees_language(said: SituationChanged, language: str) -> None:
    party = Party(ENTERPRISE, "Bakery", language, EmployerKind.PRIVATE)
    letter = letter_of(said, UUID(int=9), party, datetime(2026, 2, 20, 9, tzinfo=UTC))
    assert (letter.language, letter.title) == (language, subject(said)[language])
    facts = " ".join(fact.text for fact in letter.sections[0].facts)
    digits = "".join(character for character in facts if character.isdigit())
    assert str(NSSO) in facts
    assert ENTERPRISE in digits
    assert (OTHER_NISS in digits, WORKER.ssin in digits) == ((said.worker is not None,) * 2)
    assert letter.lead in unescape(document(letter))


def test_a_letter_never_has_a_provisional_number() -> None:
    party = Party(ENTERPRISE, None, "en", EmployerKind.PRIVATE)
    said = OF_WORKER.model_copy(update={"employer_id": PROVISIONAL})
    letter = letter_of(said, UUID(int=9), party, datetime(2026, 2, 20, 9, tzinfo=UTC))
    assert str(PROVISIONAL) not in document(letter)


def test_letters_about_worker_and_employer_differ() -> None:
    assert not set(subject(OF_WORKER).values()) & set(subject(OF_EMPLOYER).values())
