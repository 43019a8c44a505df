"""An inscription, and the lines of a file of inscriptions."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from services.feed.inscription.rules import Inscription, ReferencedInscription, read_lines

NISS, OTHER = "90021999251", "93051822361"
ROW = {"ssin": NISS, "capacity": "insured", "beginsOn": "2026-01-31"}


def line(reference: str, **more: str) -> bytes:
    return json.dumps({"reference": reference, **ROW, **more}).encode()


def test_an_inscription_has_a_worker_a_capacity_and_a_period() -> None:
    found = Inscription.model_validate(ROW)
    assert (found.ssin, found.capacity, found.begins_on, found.ends_on) == (
        NISS, "insured", date(2026, 1, 31), None,
    )  # fmt: skip
    assert Inscription.model_validate({**ROW, "endsOn": "2026-01-31"}).ends_on == date(2026, 1, 31)


@pytest.mark.parametrize(
    "wrong",
    [
        {"ssin": "90021999252"},
        {"endsOn": "2026-01-30"},
        {"beginsOn": "2026-02-30"},
        {"capacity": "two words"},
        {"capacity": "c" * 41},
        {"more": "-"},
    ],
)
def test_a_wrong_inscription_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Inscription.model_validate({**ROW, **wrong})


@pytest.mark.parametrize(
    "reference",
    [NISS, "", "4711", "f/1", "f" * 41, "N85010112345", "R-85.01.01-123.45", "a1b2c3d4e5f6g7h8i9j0k1"],
)
def test_a_number_of_a_person_is_no_reference(reference: str) -> None:
    with pytest.raises(ValidationError):
        ReferencedInscription.model_validate({**ROW, "reference": reference})


@pytest.mark.parametrize("reference", ["a", "file-4711", "F_2026.11.30-12", "f" * 40])
def test_a_reference_has_at_most_ten_digits(reference: str) -> None:
    assert ReferencedInscription.model_validate({**ROW, "reference": reference}).reference == reference


def test_lines_are_read_up_to_the_first_wrong_one() -> None:
    rows, wrong = read_lines(b"\n".join((line("a"), line("b", ssin=OTHER), line("c", ssin="1"), line("d"))))
    assert [(row.reference, row.ssin) for row in rows] == [("a", NISS), ("b", OTHER)]
    assert wrong == 3
    assert read_lines(b"") == ((), None)


def test_the_last_line_of_a_reference_counts() -> None:
    rows, wrong = read_lines(b"\n".join((line("a"), line("b"), line("a", ssin=OTHER))))
    assert ([(row.reference, row.ssin) for row in rows], wrong) == ([("a", OTHER), ("b", NISS)], None)
