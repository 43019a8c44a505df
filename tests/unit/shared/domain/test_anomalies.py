"""The catalogue of anomalies: complete rows, each code once, in the words of this project."""

from __future__ import annotations

import re

import pytest

from shared.domain.anomalies import (
    ANOMALIES,
    AnomalyClass,
    AnomalyType,
    anomaly,
    dates,
    employer,
    features,
    period,
    worker,
)

SUBJECTS = (dates, employer, features, period, worker)


@pytest.mark.parametrize("row", ANOMALIES.values(), ids=ANOMALIES.keys())
def test_a_row_is_complete(row: AnomalyType) -> None:
    assert re.fullmatch(r"\d{5}-\d{3}", row.code)
    assert list(row.label) == ["fr", "nl", "de", "en"]
    assert len(set(row.label.values())) == 4
    for text in (*row.label.values(), row.hint):
        assert text == text.strip()
        assert 15 < len(text) <= 500  # the longest label that a NOTIFICATION holds


def test_every_code_stands_in_one_place() -> None:
    assert sum(len(subject.ROWS) for subject in SUBJECTS) == len(ANOMALIES)


def test_only_these_do_not_block() -> None:
    warnings = {row.code for row in ANOMALIES.values() if row.anomaly_class is AnomalyClass.WARNING}
    assert warnings == {"00014-022", "90373-460"}


def test_an_anomaly_has_the_class_of_its_code() -> None:
    assert anomaly("00024-003", "worker.ssin").blocks
    assert not anomaly("90373-460", "dimonaIn").blocks


def test_a_code_that_is_not_in_the_catalogue_does_not_exist() -> None:
    with pytest.raises(KeyError):
        anomaly("00000-000", "worker")
