"""The declarations of the canary are declarations, and their results are read as clients read them."""

from __future__ import annotations

from datetime import date

import pytest

from services.canary.rules import a_cancel, an_in, is_accepted, number_in
from shared.domain.declared import Declaration

NUMBER = 935114838291


def test_an_in_is_for_an_ordinary_worker_from_tomorrow_on() -> None:
    document = an_in("0999100097", "98032099202", date(2026, 12, 31))
    declaration = Declaration.model_validate(document)
    assert declaration.worker is not None
    assert declaration.worker.ssin == "98032099202"
    assert document["dimonaIn"]["startDate"] == "2027-01-01"


def test_a_cancel_names_the_period_of_the_in() -> None:
    assert Declaration.model_validate(a_cancel(NUMBER)).model_dump(exclude_none=True, by_alias=True)
    assert a_cancel(NUMBER) == {"dimonaCancel": {"periodId": NUMBER}}


@pytest.mark.parametrize(
    ("location", "number"),
    [
        (f"https://intake.example.be/REST/dimona/v2/declarations/{NUMBER}", NUMBER),
        (f"/declarations/{NUMBER}", NUMBER),
        ("", None),
        (f"/declarations/{NUMBER}/", None),
        (f"/declarations/{NUMBER}\n", None),
        (f"/declarations/1{NUMBER}", None),
        ("/declarations/١٢٣٤٥٦٧٨٩٠١٢", None),
    ],
)
def test_the_number_is_at_the_end_of_the_address(location: str, number: int | None) -> None:
    assert number_in(location) == number


@pytest.mark.parametrize(("result", "accepted"), [("A", True), ("W", True), ("B", False), ("S", None)])
def test_a_warning_is_an_acceptance_and_a_provisional_result_is_none(
    result: str, accepted: bool | None
) -> None:
    assert is_accepted({"declarationStatus": {"result": result}}) is accepted
