"""A row of a spreadsheet has exactly the mistakes of the form for one declaration."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pydantic import TypeAdapter

from deploy.local.demo.numbers import FEMALE, make_enterprise_number, make_ssin
from services.portal.declaration import rules as forms
from services.portal.declaration.rules import Choice
from services.portal.spreadsheet.rules import COLUMNS, MOST_ROWS, PART, WRONG, Row, body, check, parts
from shared.domain.calendar import local_date
from shared.domain.declared import SubmittedDeclaration

NOW = datetime(2026, 11, 30, 8, tzinfo=UTC)
SSIN = make_ssin("2000-05-05", FEMALE, 7)
EMPLOYER = make_enterprise_number(77)
PERIOD = "605114838201"
BODY: TypeAdapter[object] = TypeAdapter(SubmittedDeclaration)
CHOICES = forms.choices(local_date(NOW))
FILLED = {
    "ssin": SSIN, "start_date": "2026-12-01", "start_hour": "09:00", "end_date": "2026-12-01",
    "end_hour": "17:30", "planned_hours": "8", "user_number": EMPLOYER,
    "user_commission": "302", "employment_nature": "WORKER", "worker_status": "F1",
}  # fmt: skip


def row_of(choice: Choice, **changed: str) -> dict[str, str]:
    """Return the cells of an IN: those that the form of the pair has."""
    fields = {field.name for field in forms.fields_of_in(choice)}
    return {
        "kind": "IN", "joint_commission": choice.joint_commission, "worker_type": choice.worker_type,
        **{name: text for name, text in FILLED.items() if name in fields}, **changed,
    }  # fmt: skip


def checked(**cells: str) -> Row:
    (row,) = check([(2, cells)], NOW)
    return row


@pytest.mark.parametrize("choice", CHOICES, ids=lambda each: f"{each.joint_commission}-{each.worker_type}")
def test_an_in_has_the_mistakes_of_its_form(choice: Choice) -> None:
    """For each pair: the right row has none, and without any one of the fields it has those of the form."""
    right = checked(**row_of(choice))
    assert right.mistakes == {}
    assert BODY.validate_python(body(right, EMPLOYER))
    assert body(right, EMPLOYER) == forms.body_of_in(choice, right.typed, EMPLOYER)
    for field in forms.fields_of_in(choice):
        for text in ("", "x"):
            typed = row_of(choice) | {field.name: text}
            assert checked(**typed).mistakes == forms.mistakes(forms.fields_of_in(choice), typed)


@pytest.mark.parametrize(
    ("cells", "mistakes"),
    [
        ({"kind": ""}, {"kind": "kind"}),
        ({"kind": "HIRE"}, {"kind": "kind"}),
        ({"kind": "IN", "joint_commission": "XXX", "worker_type": "QQQ"}, {"worker_type": "pair"}),
        ({"kind": "IN"}, {"worker_type": "pair"}),
        ({"kind": "CANCEL"}, {"period": "period"}),
        ({"kind": "CANCEL", "period": "605114838202"}, {"period": "period"}),
        ({"kind": "CANCEL", "period": "9" * 90}, {"period": "period"}),
        ({"kind": "CANCEL", "period": PERIOD, "end_date": "2026-12-01"}, {"end_date": "needless"}),
        ({"kind": "OUT", "period": PERIOD}, {"end_date": "missing"}),
        ({"kind": "UPDATE", "period": PERIOD, "start_date": "2026-13-01"}, {"start_date": "date"}),
        ({"kind": "CANCEL", "period": PERIOD, "reference": "x" * 21}, {"reference": "reference"}),
        ({"kind": "CANCEL", "period": PERIOD, "reference": "x" * 101}, {"reference": "long"}),
        ({"kind": "CANCEL", "period": "=A1"}, {"period": "formula"}),
    ],
)
def test_each_mistake_is_at_its_cell(cells: dict[str, str], mistakes: dict[str, str]) -> None:
    assert checked(**cells).mistakes == mistakes
    assert set(mistakes.values()) <= set(WRONG)


@pytest.mark.parametrize(
    ("name", "written", "read"),
    [
        ("start_date", "1/12/2026", "2026-12-01"),
        ("start_date", "01.12.2026", "2026-12-01"),
        ("start_date", "01-12-2026", "2026-12-01"),
        ("start_hour", "9:00", "09:00"),
        ("worker_type", "flx", "FLX"),
        ("ssin", f"{SSIN[:6]}-{SSIN[6:9]}.{SSIN[9:]}", SSIN),
        ("ssin", SSIN.lstrip("0"), SSIN),
    ],
)
def test_cells_are_read_as_people_and_spreadsheets_write_them(name: str, written: str, read: str) -> None:
    row = checked(**row_of(Choice("XXX", "FLX")) | {name: written})
    assert (row.typed[name], row.mistakes) == (read, {})


def test_a_number_that_lost_its_zeros_has_them_again() -> None:
    assert SSIN.startswith("0"), "the case of this test"
    user = EMPLOYER.lstrip("0")
    assert user != EMPLOYER, "the case of this test"
    assert checked(**row_of(Choice("322", "OTH")) | {"user_number": user}).mistakes == {}


@pytest.mark.parametrize(
    ("kind", "cells", "expected"),
    [
        ("OUT", {"end_date": "2026-12-01"}, forms.body_of_out(int(PERIOD), {"end_date": "2026-12-01"})),
        (
            "UPDATE",
            {"start_date": "2026-12-01", "planned_hours": "9"},
            forms.body_of_update(int(PERIOD), {"start_date": "2026-12-01", "planned_hours": "9"}),
        ),
        ("CANCEL", {}, forms.body_of_cancel(int(PERIOD))),
    ],
)
def test_a_change_names_its_period(kind: str, cells: dict[str, str], expected: dict[str, object]) -> None:
    row = checked(kind=kind.lower(), period=PERIOD, reference="r1", **cells)
    assert row.mistakes == {}
    assert body(row, EMPLOYER) == expected | {"reference": ["r1"]}
    assert BODY.validate_python(body(row, EMPLOYER))


def test_a_late_in_is_noted() -> None:
    choice = Choice("XXX", "OTH")
    assert checked(**row_of(choice, start_date="2026-11-27", end_date="")).is_late
    assert not checked(**row_of(choice)).is_late
    assert not checked(**row_of(choice, start_date="2026-11-27", ssin="1")).is_late, "it is not sent"


def test_every_field_of_the_forms_has_a_column() -> None:
    """A field that a form gets also has to be a column."""
    fields = {field.name for choice in CHOICES for field in forms.fields_of_in(choice)}
    assert fields | {"end_date"} <= {column.field for column in COLUMNS}
    assert len({column.heading.lower() for column in COLUMNS}) == len(COLUMNS)


def test_rows_are_sent_in_parts() -> None:
    rows = [Row(number, {}) for number in range(MOST_ROWS - 1)]
    divided = parts(rows)
    assert [len(part) for part in divided[-2:]] == [PART, PART - 1]
    assert [row for part in divided for row in part] == rows
