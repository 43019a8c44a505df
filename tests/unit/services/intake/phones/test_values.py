"""The values that a person types on a phone."""

from __future__ import annotations

import pytest

from services.intake.phones.rules import values
from services.intake.phones.rules.values import Field, declaration_of, required
from shared.domain.phones import canonical_number, number_code, pin_code

ENTERPRISE, SSIN, PERIOD = "0206731645", "85073003328", "100000000034"


@pytest.mark.parametrize(
    ("read", "text", "expected"),
    [
        (values.read_employer, "0206.731.645", ENTERPRISE),
        (values.read_employer, "BE 0206 731 645", ENTERPRISE),
        (values.read_employer, "206731645", ENTERPRISE),
        (values.read_employer, "0206731646", None),
        (values.read_worker, "85.07.30-033.28", SSIN),
        (values.read_worker, "85073003329", None),
        (values.read_commission, "302", "302"),
        (values.read_commission, "xxx", "XXX"),
        (values.read_commission, "200", "XXX"),
        (values.read_commission, "20", None),
        (values.read_commission, "abc", None),
        (values.read_worker_type, "stu", "STU"),
        (values.read_worker_type, "QUA", None),
        (values.read_day, "2026-12-01", "2026-12-01"),
        (values.read_day, "1/12/2026", "2026-12-01"),
        (values.read_day, "01.12.26", "2026-12-01"),
        (values.read_day, "01 12 2026", "2026-12-01"),
        (values.read_day, "01122026", "2026-12-01"),
        (values.read_day, "31/11/2026", None),
        (values.read_day, "1/12-2026", None),
        (values.read_day, "tomorrow", None),
        (values.read_hour, "8:00", "0800"),
        (values.read_hour, "8h30", "0830"),
        (values.read_hour, "8u", "0800"),
        (values.read_hour, "17 Uhr", "1700"),
        (values.read_hour, "08:15 Uhr", "0815"),
        (values.read_hour, "2359", "2359"),
        (values.read_hour, "2400", None),
        (values.read_hour, "1260", None),
        (values.read_hour, "8", None),
        (values.read_hours, "8", "8"),
        (values.read_hours, "0999", None),
        (values.read_hours, "999", "999"),
        (values.read_hours, "0", None),
        (values.read_hours, "8.5", None),
        (values.read_period, "1000 0000 0034", "100000000034"),
        (values.read_period, "100000000030", None),
        (values.read_period, "12", None),
        (values.read_period, "abc", None),
        (values.read_pin, "123 456", "123456"),
        (values.read_pin, "12345", None),
        (values.read_pin, "12345a", None),
    ],
)  # fmt: skip
def test_a_value_is_read_with_any_separators(read: object, text: str, expected: str | None) -> None:
    assert callable(read)
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("01/12/2026", ("2026-12-01", None)),
        ("01/12/2026 8h00", ("2026-12-01", "0800")),
        ("2026-12-01, 17:30", ("2026-12-01", "1730")),
        ("01122026 0800", ("2026-12-01", "0800")),
        ("01122026 25:00", None),
        ("30/02/2026 8h00", None),
        ("8h00", None),
    ],
)
def test_a_moment_is_a_day_perhaps_with_an_hour(text: str, expected: object) -> None:
    assert values.read_moment(text) == expected


IN = {
    Field.KIND: "in", Field.EMPLOYER: ENTERPRISE, Field.WORKER: SSIN, Field.WORKER_TYPE: "OTH",
    Field.START_DAY: "2026-12-01", Field.END_DAY: "2026-12-02",
}  # fmt: skip


def test_the_required_fields_depend_on_kind_and_worker_type() -> None:
    """Hours for occasional work, planned hours for students (rules R19, R23)."""
    always = [Field.EMPLOYER, Field.WORKER, Field.WORKER_TYPE, Field.START_DAY, Field.END_DAY]
    assert list(required({Field.KIND: "in"})) == always
    occasional = {Field.KIND: "in", Field.WORKER_TYPE: "EXT"}
    assert list(required(occasional)) == [*always, Field.START_HOUR, Field.END_HOUR]
    assert list(required({Field.KIND: "in", Field.WORKER_TYPE: "STU"})) == [*always, Field.HOURS]
    assert list(required({Field.KIND: "out"})) == [Field.PERIOD, Field.END_DAY]
    assert list(required({Field.KIND: "cancel"})) == [Field.PERIOD]
    assert list(required({Field.KIND: "update"})) == [Field.PERIOD, Field.END_DAY]
    assert list(required({Field.KIND: "update", Field.START_HOUR: "0800"})) == [Field.PERIOD]


def document(**changed: str) -> dict[str, object]:
    given = {**IN, **{Field(name): value for name, value in changed.items()}}
    return declaration_of(given).model_dump(by_alias=True, exclude_none=True, mode="json")


def test_an_in_has_the_fields_of_the_short_form() -> None:
    assert document(commission="302", user=ENTERPRISE) == {
        "employer": {"enterpriseNumber": ENTERPRISE},
        "worker": {"ssin": SSIN},
        "dimonaIn": {
            "startDate": "2026-12-01",
            "endDate": "2026-12-02",
            "features": {
                "jointCommissionNumber": "302", "workerType": "OTH",
                "usingEmployer": {"enterpriseNumber": ENTERPRISE},
            },
        },
    }  # fmt: skip


@pytest.mark.parametrize(
    ("worker_type", "kept"), [("EXT", True), ("FLX", True), ("OTH", False), ("STU", False)]
)
def test_hours_are_left_out_for_types_that_have_none(worker_type: str, kept: bool) -> None:
    """The short form asks for them in every IN, and intake refuses them for these types (rule R19)."""
    block = document(workerType=worker_type, startHour="0800", endHour="1200")["dimonaIn"]
    assert isinstance(block, dict)
    assert ("startHour" in block, "endHour" in block) == (kept, kept)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("out", {"dimonaOut": {"periodId": int(PERIOD), "endDate": "2026-12-02"}}),
        ("cancel", {"dimonaCancel": {"periodId": int(PERIOD)}}),
        (
            "update",
            {
                "dimonaUpdate": {
                    "periodId": int(PERIOD), "startDate": "2026-12-01", "endDate": "2026-12-02",
                    "endHour": "1200", "plannedHoursNumber": 8,
                }
            },
        ),
    ],
)  # fmt: skip
def test_a_change_names_its_period_and_nothing_else(kind: str, expected: object) -> None:
    assert document(kind=kind, period=PERIOD, endHour="1200", hours="8") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("+32 470 12.34.56", "+32470123456"),
        ("0032470123456", "+32470123456"),
        ("32470123456", "+32470123456"),
        ("0470/12.34.56", "+32470123456"),
        ("02 509 59 59", "+3225095959"),
        ("2968", None),
        ("Anonymous", None),
        ("", None),
    ],
)
def test_a_phone_number_has_one_canonical_form(text: str, expected: str | None) -> None:
    assert canonical_number(text) == expected


def test_codes_of_numbers_and_pins_depend_on_the_key_and_on_each_other() -> None:
    number, other = "+32470123456", "+32470123457"
    codes = {
        number_code(b"k" * 32, number), number_code(b"k" * 32, other), number_code(b"l" * 32, number),
        pin_code(b"k" * 32, number, "123456"), pin_code(b"k" * 32, other, "123456"),
        pin_code(b"k" * 32, number, "123457"), pin_code(b"l" * 32, number, "123456"),
    }  # fmt: skip
    assert len(codes) == 7
    assert {len(code) for code in codes} == {32}
