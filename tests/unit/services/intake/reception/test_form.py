"""Forms and files: for every row a form that raises it, and one beside it that does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from services.intake.reception.rules import Form, Reference, check_file, check_form
from services.intake.reception.rules.form import REFERENCE_ZONES, ZONES

TODAY = date(2026, 2, 20)
OWN = Reference("1", "1", "2026/17")
FORM = Form("DIMONA", "2026-02-20", "23:59:59.999", "0", "SU", (OWN,), 1)


def form(**changed: object) -> Form:
    return replace(FORM, **changed)  # type: ignore[arg-type]  # values of the fields of a form


def with_(*references: Reference) -> Form:
    return replace(FORM, references=references)


#: (code, path, a form that raises it, one that does not)
ROWS: list[tuple[str, str, Form, Form]] = [
    ("00296-001", "Form.Identification", form(identification=None), FORM),
    ("00296-003", "Form.Identification", form(identification="DMFA"), FORM),
    ("00296-003", "Form.Identification", form(identification="ACRF"), FORM),
    ("00218-001", "Form.FormCreationDate", form(created_on=None), FORM),
    ("00218-003", "Form.FormCreationDate", form(created_on="2026-02-30"), FORM),
    ("00218-003", "Form.FormCreationDate", form(created_on="2026-02-21"), form(created_on="2026-02-19")),
    ("00218-003", "Form.FormCreationDate", form(created_on="2024-12-31"), form(created_on="2025-01-01")),
    ("00299-001", "Form.FormCreationHour", form(created_at=None), FORM),
    ("00299-003", "Form.FormCreationHour", form(created_at="24:00:00.000"), form(created_at="00:00:00.000")),
    ("00299-003", "Form.FormCreationHour", form(created_at="10:00:00"), FORM),
    ("00299-003", "Form.FormCreationHour", form(created_at="10:60:00.000"), FORM),
    ("00110-001", "Form.AttestationStatus", form(status=None), FORM),
    ("00110-003", "Form.AttestationStatus", form(status="1"), FORM),
    ("00110-003", "Form.AttestationStatus", form(status="-1"), FORM),
    ("00297-001", "Form.TypeForm", form(type_form=None), FORM),
    ("00297-003", "Form.TypeForm", form(type_form="RE"), FORM),
    ("00297-003", "Form.TypeForm", form(type_form="TU"), FORM),
    ("00221-001", "Form.Reference[0].ReferenceType", with_(replace(OWN, type=None)), with_()),
    ("00221-003", "Form.Reference[0].ReferenceType", with_(replace(OWN, type="2")), with_(OWN)),
    (
        "00221-003",
        "Form.Reference[1].ReferenceType",
        with_(OWN, replace(OWN, type="9")),
        with_(*(replace(OWN, type=type_) for type_ in "1678")),
    ),
    ("00298-001", "Form.Reference[0].ReferenceOrigin", with_(replace(OWN, origin=None)), with_(OWN)),
    ("00298-003", "Form.Reference[0].ReferenceOrigin", with_(replace(OWN, origin="2")), with_(OWN)),
    ("00298-003", "Form.Reference[0].ReferenceOrigin", with_(replace(OWN, origin="0")), with_()),
    ("00222-001", "Form.Reference[0].ReferenceNbr", with_(replace(OWN, number=None)), with_(OWN)),
    ("00222-001", "Form.Reference[0].ReferenceNbr", with_(replace(OWN, number="")), with_()),
    (
        "00222-003",
        "Form.Reference[0].ReferenceNbr",
        with_(replace(OWN, number="X" * 21)),
        with_(replace(OWN, number="X" * 20)),
    ),
    ("90082-006", "Form.Reference", with_(OWN, replace(OWN, number="2")), with_(OWN, replace(OWN, type="6"))),
    ("90059-134", "Form", form(declarations=0), form(declarations=1)),
    ("01017-005", "Form.PlannedDaysNbr", form(planned_days="5"), FORM),
    (
        "01017-005",
        "Form.PlannedDaysNbr",
        form(planned_days="5", worker_type="STU", end=date(2017, 1, 1)),
        form(planned_days="5", worker_type="STU", end=date(2016, 12, 31)),
    ),
    (
        "01017-005",
        "Form.PlannedDaysNbr",
        form(planned_days="5", worker_type="OTH", end=date(2016, 12, 31)),
        form(worker_type="OTH", end=date(2016, 12, 31)),
    ),
    (
        "01017-005",
        "Form.PlannedDaysNbr",
        form(planned_days="5", worker_type="STU"),
        form(planned_days="5", worker_type="STU", end=date(2016, 6, 30)),
    ),
]
FILES: list[tuple[str, str | None, str | None]] = [
    ("90372-001", None, "Dimona"),
    ("90372-089", "Dmfa", "Dimona"),
    ("90372-089", "dimona", "Dimona"),
    ("90372-089", "DIMONA", "Dimona"),
]
IDS = [f"{code} {path} {nth}" for nth, (code, path, *_) in enumerate(ROWS)]


@pytest.mark.parametrize(("code", "path", "raising", "_"), ROWS, ids=IDS)
def test_a_row_is_raised(code: str, path: str, raising: Form, _: Form) -> None:
    assert (code, path) in [(found.code, found.path) for found in check_form(raising, TODAY)]


@pytest.mark.parametrize(("code", "path", "_", "silent"), ROWS, ids=IDS)
def test_a_row_stays_silent(code: str, path: str, _: Form, silent: Form) -> None:
    assert code not in [found.code for found in check_form(silent, TODAY)]


@pytest.mark.parametrize(("code", "raising", "_"), FILES)
def test_a_file_is_refused(code: str, raising: str | None, _: str | None) -> None:
    assert [found.code for found in check_file(raising)] == [code]


@pytest.mark.parametrize(("code", "_", "silent"), FILES)
def test_a_file_is_read(code: str, _: str | None, silent: str | None) -> None:
    assert code not in [found.code for found in check_file(silent)]


def test_a_form_in_order_has_nothing_wrong() -> None:
    assert check_form(FORM, TODAY) == ()


def test_all_anomalies_are_told_at_once_in_the_order_of_the_elements() -> None:
    codes = [found.code for found in check_form(Form(references=(Reference(),)), TODAY)]
    assert codes == [
        "00296-001", "00218-001", "00299-001", "00110-001", "00297-001",
        "00221-001", "00298-001", "00222-001", "90059-134",
    ]  # fmt: skip


def test_every_zone_is_tested() -> None:
    zones = {zone.number for zone in ZONES} | {zone.number for zone in REFERENCE_ZONES}
    assert {code for code, *_ in ROWS if code[:5] in zones} == {
        f"{zone}-{reason}" for zone in zones for reason in ("001", "003")
    }
