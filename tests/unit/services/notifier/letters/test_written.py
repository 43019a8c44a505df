"""The letter of another service in an e-Box: its texts in the addressee's language."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from services.notifier.letters.rules.addressee import Party
from services.notifier.letters.rules.document import document
from services.notifier.letters.rules.written import written_letter
from shared.domain.contacts import EmployerKind
from shared.domain.rights import MessageType
from shared.messages import LetterPart, LetterWritten

AT = datetime(2026, 3, 5, 23, 30, tzinfo=UTC)
LANGUAGES = ("fr", "nl", "de", "en")


def said(text: str) -> dict[str, str]:
    return {language: f"{text} {language}" for language in LANGUAGES}


def written(number: int | None) -> LetterWritten:
    return LetterWritten(
        letter_id=UUID(int=1),
        enterprise_number="0477472701",
        message_type=MessageType.CONTESTATION,
        subject=said("subject"),
        status=said("status"),
        lead=said("lead"),
        parts=(LetterPart(heading=said("heading"), text=said("<b>text</b>")),),
        number=number,
        data="{}",
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_letter_is_in_the_language_of_its_addressee(language: str) -> None:
    party = Party("0477472701", "Bakkerij De Smet", language, EmployerKind.PRIVATE)
    found = written_letter(written(605198621444), party, AT)
    assert found.language == language
    assert (found.title, found.status, found.lead) == tuple(
        f"{each} {language}" for each in ("subject", "status", "lead")
    )
    ((heading, paragraphs),) = [(section.heading, section.paragraphs) for section in found.sections]
    assert (heading, paragraphs) == (f"heading {language}", (f"<b>text</b> {language}",))
    assert found.addressee[0] == "Bakkerij De Smet"
    assert "0477" in found.addressee[1]
    assert found.facts[1].text == "605198621444"
    assert "6" in found.facts[0].text.split()[0], "late in the evening of Greenwich it is the next day here"
    assert "&lt;b&gt;text&lt;/b&gt;" in document(found), "what somebody wrote is text"


def test_a_letter_without_declaration_names_no_declaration_and_no_person() -> None:
    stranger = Party("0477472701", None, "en", EmployerKind.PRIVATE)
    found = written_letter(written(None), stranger, AT)
    assert len(found.facts) == 1
    assert len(found.addressee) == 1
