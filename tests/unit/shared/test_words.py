"""The catalogs: every text of a letter and of a phone is translated into all four languages."""

from __future__ import annotations

from datetime import UTC, date, datetime
from string import Formatter

import pytest
from babel.messages.catalog import Message

from shared.words import LANGUAGES, Words, catalog, words
from tests.texts import SPEAKING, texts, updated


def names(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


EVERY = [(service, language) for service in SPEAKING for language in LANGUAGES]


def messages(service: str, language: str) -> list[Message]:
    return [message for message in catalog(service, language) if message.id]


@pytest.mark.parametrize(("service", "language"), EVERY)
def test_the_catalogs_have_exactly_the_texts_of_the_code(service: str, language: str) -> None:
    """`make texts` adds missing texts; then translate them."""
    known = {str(message.id): message for message in messages(service, language)}
    assert set(known) == set(texts(service))
    assert [text for text, message in known.items() if not message.string] == []
    assert [text for text, message in known.items() if message.fuzzy] == []


@pytest.mark.parametrize(("service", "language"), EVERY)
def test_a_translation_keeps_the_placeholders(service: str, language: str) -> None:
    for message in messages(service, language):
        assert names(str(message.string)) == names(str(message.id)), message.id


@pytest.mark.parametrize("service", SPEAKING)
def test_english_texts_are_unchanged(service: str) -> None:
    assert all(message.string == message.id for message in messages(service, "en"))


@pytest.mark.parametrize(("service", "language"), [each for each in EVERY if each[1] != "en"])
def test_a_translation_differs_from_other_languages(service: str, language: str) -> None:
    """A sentence that is equal in two languages is untranslated; single words may be equal."""
    same = [str(message.id) for message in messages(service, language) if message.string == message.id]
    assert [text for text in same if len(text.split()) > 2] == []


def test_control_an_untranslated_text_is_found() -> None:
    """The test above would see a text that no catalog has."""
    assert "Whom to ask" in texts("notifier")
    known = updated("notifier", "fr").get("Whom to ask")
    assert known is not None
    assert known.string == "À qui s'adresser"
    assert Words("fr", {})("Whom to ask") == "Whom to ask", "a letter is written all the same"


def test_a_date_has_the_format_of_its_language() -> None:
    assert [words("notifier", language).day(date(2026, 5, 8)) for language in LANGUAGES] == [
        "8 mai 2026", "8 mei 2026", "8. Mai 2026", "8 May 2026",
    ]  # fmt: skip
    assert words("notifier", "nl").moment(datetime(2026, 5, 7, 22, 30, tzinfo=UTC)) == "8 mei 2026, 00:30"
