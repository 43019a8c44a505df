"""The catalogue of anomalies: complete rows, each code once, in our own words."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from pydantic import ValidationError

from shared.domain.anomalies import (
    ANOMALIES,
    OFFICIAL,
    SUBJECTS,
    AnomalyClass,
    AnomalyType,
    Status,
    anomaly,
)
from shared.domain.anomalies.row import Entry, rows_of
from shared.domain.data import rows

KINDS = {"in", "out", "update", "cancel", "daily", "form", "file"}
BESIDE = {row.code for row in rows_of("system")}


@pytest.mark.parametrize("row", ANOMALIES.values(), ids=ANOMALIES.keys())
def test_a_row_is_complete(row: AnomalyType) -> None:
    assert re.fullmatch(r"\d{5}-\d{3}", row.code)
    assert list(row.label) == ["fr", "nl", "de", "en"]
    assert len(set(row.label.values())) == 4
    for text in (*row.label.values(), row.hint):
        assert text == text.strip()
        assert 15 < len(text) <= 500  # the longest label that a NOTIFICATION holds


@pytest.mark.parametrize("row", ANOMALIES.values(), ids=ANOMALIES.keys())
def test_a_code_that_is_not_implemented_has_a_reason(row: AnomalyType) -> None:
    assert (row.status is Status.IMPLEMENTED) == (row.reason == "")
    assert row.status is not Status.HISTORIC or row.valid_until is not None


def test_an_unknown_property_of_an_entry_is_refused() -> None:
    texts = dict.fromkeys(("fr", "nl", "de", "en", "hint"), "A text")
    assert [row.code for row in Entry.model_validate(texts).rows("00046-001")] == ["00046-001"]
    with pytest.raises(ValidationError):
        Entry.model_validate({**texts, "hints": "A text"})


def test_every_code_is_raised_in_one_place() -> None:
    codes = Counter(row.code for subject in SUBJECTS for row in rows_of(subject))
    assert codes.keys() == ANOMALIES.keys()
    assert set(codes.values()) == {1}


def test_the_catalogue_agrees_with_the_glossary() -> None:
    """Every official code has the class, subject and kinds of the glossary."""
    assert len(OFFICIAL) == len(set(OFFICIAL)) == 201
    assert set(OFFICIAL) == ANOMALIES.keys() - BESIDE
    for facts in rows("anomaly_codes"):
        row = ANOMALIES[facts["code"]]
        assert (row.anomaly_class, row.element) == (facts["class"], facts["element"])
        assert row.zone == row.code[:5]
        assert row.kinds
        assert row.kinds <= KINDS


def test_an_anomaly_has_the_class_of_its_code() -> None:
    assert anomaly("00024-003", "worker.ssin").blocks
    assert not anomaly("90373-460", "dimonaIn").blocks


@pytest.mark.parametrize("worker_type", ["T17", "O17", "S17"])
def test_the_quota_of_article_17_blocks(worker_type: str) -> None:
    """Only the class of this code depends on the worker type (rules R59 and R60)."""
    assert anomaly("90017-369", "worker", worker_type).blocks
    assert not anomaly("90017-369", "worker", "STU").blocks
    assert {row.code for row in ANOMALIES.values() if row.blocks_for} == {"90017-369"}


def test_a_code_outside_the_catalogue_is_an_error() -> None:
    with pytest.raises(KeyError):
        anomaly("00000-000", "worker")


def test_warnings_agree_with_the_glossary() -> None:
    warnings = {row.code for row in ANOMALIES.values() if row.anomaly_class is AnomalyClass.WARNING}
    assert warnings == {facts["code"] for facts in rows("anomaly_codes") if facts["class"] == "NP"}
