"""The similarity of two dates of birth."""

from __future__ import annotations

import pytest

from services.identification.matching.rules.dates import agree, likeness


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("1993-05-18", "1993-05-18", 1.0),
        ("1993-05-18", "1993-05-00", 0.75),
        ("1993-05-18", "1993-00-00", 0.75),
        ("1993-05-08", "1993-08-05", 0.7),
        ("1993-05-18", "1993-05-19", 0.5),
        ("1993-05-18", "1993-06-18", 0.5),
        ("1993-05-18", "1983-05-18", 0.5),
        ("1993-05-18", "1993-06-17", 0.0),
        ("1993-05-18", "1994-00-00", 0.0),
    ],
)
def test_similarity_of_two_dates(one: str, other: str, alike: float) -> None:
    assert likeness(one, other) == alike
    assert likeness(other, one) == alike
    assert agree(one, other) is (alike >= 0.75)
