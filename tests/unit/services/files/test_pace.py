"""The rests between portions of forms."""

from __future__ import annotations

from services.files.handling.rules import Pace


def test_the_first_portion_is_due_at_once() -> None:
    pace = Pace()
    pace.answer(1000.0)  # of a portion before a restart
    assert pace.is_due(1000.0)


def test_a_portion_is_followed_by_a_rest_as_long_as_its_answers_took() -> None:
    pace = Pace()
    pace.begin(10.0)
    pace.answer(10.1)
    pace.answer(10.3)
    assert not pace.is_due(10.5)
    assert pace.is_due(10.61)


def test_a_late_answer_causes_a_short_rest_only() -> None:
    """For example the final result of a worker that was identified after days."""
    pace = Pace()
    pace.begin(10.0)
    pace.answer(5000.0)
    assert pace.is_due(5000.0)
    pace.begin(6000.0)
    pace.answer(6030.0)
    assert pace.is_due(6030.0)


def test_without_forms_the_next_look_waits_until_an_answer_makes_room() -> None:
    pace = Pace()
    pace.begin(10.0)
    pace.find_none(10.2)
    assert not pace.is_due(10.69)
    assert pace.is_due(10.71)
    pace.answer(10.3)
    assert pace.is_due(10.61)
