"""Forms and files: for every row a form that raises it, and a similar one that does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from services.files.xml.rules import CONSULTATION, REFERENCE_ZONES, ZONES, Head, Reference, check_form
from tests.unit.rows import Row

TODAY = date(2026, 2, 20)
OWN = Reference("1", "1", "2026/17")
FORM = Head("DIMONA", "2026-02-20", "23:59:59.999", "0", "SU", (OWN,), 1)


def form(**changed: object) -> Head:
    return replace(FORM, **changed)  # type: ignore[arg-type]  # values of the fields of a form


def with_(*references: Reference) -> Head:
    return replace(FORM, references=references)


#: (code, path, a form that raises it, one that does not)
ROWS: list[Row] = [
    Row("00296-001", "Form.Identification", raised_by=form(identification=None), silent_for=FORM),
    Row("00296-003", "Form.Identification", raised_by=form(identification="DMFA"), silent_for=FORM),
    Row("00218-001", "Form.FormCreationDate", raised_by=form(created_on=None), silent_for=FORM),
    Row("00218-003", "Form.FormCreationDate", raised_by=form(created_on="2026-02-30"), silent_for=FORM),
    Row("00218-003", "Form.FormCreationDate", raised_by=form(created_on="20260220"), silent_for=FORM),
    Row(
        "00218-003",
        "Form.FormCreationDate",
        raised_by=form(created_on="2026-02-21"),
        silent_for=form(created_on="2026-02-19"),
    ),
    Row(
        "00218-003",
        "Form.FormCreationDate",
        raised_by=form(created_on="2024-12-31"),
        silent_for=form(created_on="2025-01-01"),
    ),
    Row("00299-001", "Form.FormCreationHour", raised_by=form(created_at=None), silent_for=FORM),
    Row(
        "00299-003",
        "Form.FormCreationHour",
        raised_by=form(created_at="24:00:00.000"),
        silent_for=form(created_at="00:00:00.000"),
    ),
    Row("00299-003", "Form.FormCreationHour", raised_by=form(created_at="10:00:00"), silent_for=FORM),
    Row("00299-003", "Form.FormCreationHour", raised_by=form(created_at="10:60:00.000"), silent_for=FORM),
    Row("00110-001", "Form.AttestationStatus", raised_by=form(attestation_status=None), silent_for=FORM),
    Row("00110-003", "Form.AttestationStatus", raised_by=form(attestation_status="1"), silent_for=FORM),
    Row("00297-001", "Form.TypeForm", raised_by=form(type_form=None), silent_for=FORM),
    Row("00297-003", "Form.TypeForm", raised_by=form(type_form="RE"), silent_for=FORM),
    Row(
        "00221-001",
        "Form.Reference[0].ReferenceType",
        raised_by=with_(replace(OWN, type=None)),
        silent_for=with_(),
    ),
    Row(
        "00221-003",
        "Form.Reference[0].ReferenceType",
        raised_by=with_(replace(OWN, type="2")),
        silent_for=with_(OWN),
    ),
    Row(
        "00221-003",
        "Form.Reference[1].ReferenceType",
        raised_by=with_(OWN, replace(OWN, type="9")),
        silent_for=with_(*(replace(OWN, type=type_) for type_ in "1678")),
    ),
    Row(
        "00298-001",
        "Form.Reference[0].ReferenceOrigin",
        raised_by=with_(replace(OWN, origin=None)),
        silent_for=with_(OWN),
    ),
    Row(
        "00298-003",
        "Form.Reference[0].ReferenceOrigin",
        raised_by=with_(replace(OWN, origin="2")),
        silent_for=with_(OWN),
    ),
    Row(
        "00222-001",
        "Form.Reference[0].ReferenceNbr",
        raised_by=with_(replace(OWN, number=None)),
        silent_for=with_(OWN),
    ),
    Row(
        "00222-001",
        "Form.Reference[0].ReferenceNbr",
        raised_by=with_(replace(OWN, number="")),
        silent_for=with_(),
    ),
    Row(
        "00222-003",
        "Form.Reference[0].ReferenceNbr",
        raised_by=with_(replace(OWN, number="X" * 21)),
        silent_for=with_(replace(OWN, number="X" * 20)),
    ),
    Row(
        "90082-006",
        "Form.Reference",
        raised_by=with_(OWN, replace(OWN, number="2")),
        silent_for=with_(OWN, replace(OWN, type="6")),
    ),
    Row("90059-134", "Form", raised_by=form(declarations=0), silent_for=form(declarations=1)),
]
IDS = [row.name for row in ROWS]


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_a_row_is_raised(row: Row) -> None:
    assert (row.code, row.path) in [(found.code, found.path) for found in check_form(row.raised_by, TODAY)]


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_a_row_is_not_raised(row: Row) -> None:
    assert row.code not in [found.code for found in check_form(row.silent_for, TODAY)]


def test_a_valid_form_has_no_anomaly() -> None:
    assert check_form(FORM, TODAY) == ()


def test_all_anomalies_are_returned_in_the_order_of_the_elements() -> None:
    codes = [found.code for found in check_form(Head(references=(Reference(),)), TODAY)]
    assert codes == [
        "00296-001", "00218-001", "00299-001", "00110-001", "00297-001",
        "00221-001", "00298-001", "00222-001", "90059-134",
    ]  # fmt: skip


def test_every_zone_is_tested() -> None:
    zones = {zone.number for zone in ZONES} | {zone.number for zone in REFERENCE_ZONES}
    assert {code for code, *_ in ROWS if code[:5] in zones} == {
        f"{zone}-{reason}" for zone in zones for reason in ("001", "003")
    }


def test_a_consultation_has_its_own_identification_and_type() -> None:
    request = replace(FORM, identification="PFREQ", type_form="RE")
    assert check_form(request, TODAY, CONSULTATION) == ()
    assert [found.code for found in check_form(FORM, TODAY, CONSULTATION)] == ["00296-003", "00297-003"]
