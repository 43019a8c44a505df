"""The tables of cases: their ends, the rights to see them, and the letters."""

from __future__ import annotations

import re
from datetime import date
from string import Formatter
from uuid import UUID

import pytest

from services.contact.case.rules import ENDS, KIND_OF_RIGHT, Kind, Obstacle, State, obstacle
from services.contact.complaint.rules import CONTACTS, KIND_OF, Purpose, Subject, letter
from services.contact.contestation.rules.letter import answer_letter
from shared.domain.rights import MessageType, Right

LANGUAGES = ("fr", "nl", "de", "en")


@pytest.mark.parametrize(
    ("kind", "state", "agent", "end", "expected"),
    [
        (Kind.CONTESTATION, State.OPEN, "ann", State.UPHELD, None),
        (Kind.CONTESTATION, State.OPEN, "ann", State.REJECTED, None),
        (Kind.CONTESTATION, State.OPEN, "ann", State.ANSWERED, Obstacle.WRONG_END),
        (Kind.CONTESTATION, State.OPEN, "ann", State.WITHDRAWN, Obstacle.WRONG_END),
        (Kind.CONTESTATION, State.OPEN, "ann", State.OPEN, Obstacle.WRONG_END),
        (Kind.COMPLAINT, State.OPEN, "ann", State.ANSWERED, None),
        (Kind.COMPLAINT, State.OPEN, "ann", State.UPHELD, Obstacle.WRONG_END),
        (Kind.PRIVACY, State.OPEN, "ann", State.ANSWERED, None),
        (Kind.PRIVACY, State.OPEN, "ann", State.REJECTED, Obstacle.WRONG_END),
        (Kind.REPORT, State.OPEN, "ann", State.UPHELD, None),
        (Kind.REPORT, State.OPEN, "ann", State.ANSWERED, Obstacle.WRONG_END),
        (Kind.CONTESTATION, State.OPEN, None, State.UPHELD, Obstacle.NOT_CLAIMED),
        (Kind.CONTESTATION, State.OPEN, "ben", State.UPHELD, Obstacle.NOT_CLAIMED),
        (Kind.CONTESTATION, State.UPHELD, "ann", State.REJECTED, Obstacle.ENDED),
        (Kind.CONTESTATION, State.WITHDRAWN, "ann", State.UPHELD, Obstacle.ENDED),
    ],
)
def test_ends_of_a_case(
    kind: Kind, state: State, agent: str | None, end: State, expected: Obstacle | None
) -> None:
    assert obstacle(kind, state, agent, "ann", end) is expected


def test_kinds_and_states_agree_with_the_contract() -> None:
    assert [*Kind] == ["contestation", "complaint", "privacy", "report"]
    assert [*State] == ["open", "upheld", "rejected", "withdrawn", "answered"]
    assert [*Subject] == ["service", "privacy"]
    assert [*Purpose] == ["acknowledgement", "progress", "answer"]


def test_every_kind_of_case_has_an_end_and_a_reader() -> None:
    """Reports have operations of their own, for both kinds of agents."""
    assert ENDS.keys() == set(Kind) == frozenset({Kind.REPORT}).union(*KIND_OF_RIGHT.values())
    assert KIND_OF_RIGHT[Right.PRIVACY] == {Kind.PRIVACY}
    assert Kind.PRIVACY not in KIND_OF_RIGHT[Right.AGENT]


def test_every_complaint_has_a_reachable_recipient() -> None:
    assert KIND_OF == {Subject.SERVICE: Kind.COMPLAINT, Subject.PRIVACY: Kind.PRIVACY}
    for kind in KIND_OF.values():
        assert set(CONTACTS[kind]["service"]) == set(LANGUAGES)
        assert "@" in CONTACTS[kind]["email"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_complaint_is_answered_in_the_language_of_its_author(language: str) -> None:
    def written(purpose: Purpose, **more: object) -> str:
        arguments: dict[str, object] = {"assigned": False, **more}
        words = letter(purpose, language, "{case}", "4711", date(2026, 3, 25), **arguments)  # type: ignore[arg-type]
        assert words.body.startswith("case,\n\n"), "a name is never read as a template"
        assert not [field for _, field, _, _ in Formatter().parse(words.subject) if field]
        assert "4711" in words.body
        return words.body

    assert re.search(r"\b25/03/2026\b", written(Purpose.ACKNOWLEDGEMENT))
    assert written(Purpose.PROGRESS) != written(Purpose.PROGRESS, assigned=True)
    assert written(Purpose.ANSWER, answer="{case} – so.").endswith("{case} – so.")


@pytest.mark.parametrize(("state", "decision"), [(State.UPHELD, "C2026-000017"), (State.REJECTED, None)])
def test_the_answer_to_a_contestation_is_a_letter_in_four_languages(
    state: State, decision: str | None
) -> None:
    written = answer_letter(
        UUID(int=1), "0477472701", state, 605198621444, "Wrong {start}.", "So {it} is.", decision, "{}"
    )
    assert written.message_type is MessageType.CONTESTATION
    for text in (written.subject, written.status, written.lead, *(part.heading for part in written.parts)):
        assert tuple(text) == LANGUAGES
        assert len(set(text.values())) == len(LANGUAGES)
    assert all("605198621444" in subject for subject in written.subject.values())
    assert all((decision or "C2026") in lead for lead in written.lead.values()) is (decision is not None)
    assert [set(part.text.values()) for part in written.parts] == [{"Wrong {start}."}, {"So {it} is."}]
