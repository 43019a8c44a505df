"""The rights of a person: covert inquiries, pages of looks, quotas, and sentences for every table."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.contact.person.rules.asking import (
    Person,
    Purpose,
    Reason,
    Unasked,
    longest_cover,
    obstacle,
)
from services.contact.person.rules.document import JsonWriter
from services.contact.person.rules.looks import Look, Organization, line, newest
from services.contact.person.rules.sections import SECTIONS, Row
from services.contact.person.rules.words import TextWriter
from services.contact.report.rules import Correction, answer_due_on, extended, first_correction, told

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
TODAY = NOW.date()
RULES = {date(2026, 1, 1): 90, date(2027, 1, 1): 30}
LIVING, DEAD = Person("85073003328"), Person("85073003328", is_deceased=True)


@pytest.mark.parametrize(
    ("day", "expected"),
    [(date(2025, 12, 31), 0), (date(2026, 1, 1), 90), (date(2026, 12, 31), 90), (date(2027, 1, 1), 30)],
)
def test_a_rule_about_covert_inquiries_holds_until_the_next(day: date, expected: int) -> None:
    assert longest_cover(day, RULES) == expected
    assert longest_cover(day, {}) == 0


@pytest.mark.parametrize(
    ("person", "reason", "days", "expected"),
    [
        (LIVING, Reason.REQUEST, None, None),
        (LIVING, Reason.DECEASED, None, Unasked.NOT_DECEASED),
        (DEAD, Reason.DECEASED, None, None),
        (DEAD, Reason.REQUEST, None, Unasked.DECEASED),
        (DEAD, Reason.INQUIRY, None, None),
        (LIVING, Reason.INQUIRY, 90, None),
        (LIVING, Reason.INQUIRY, 91, Unasked.NO_COVER),
        (LIVING, Reason.REPORT, 1, Unasked.NO_INQUIRY),
    ],
)
def test_a_reason_fits_the_person(
    person: Person, reason: Reason, days: int | None, expected: Unasked | None
) -> None:
    shown_from = None if days is None else TODAY + timedelta(days)
    assert obstacle(person, Purpose(reason, "words", shown_from), TODAY, RULES) is expected


def test_without_a_rule_no_inquiry_is_covert() -> None:
    tomorrow = Purpose(Reason.INQUIRY, "words", TODAY + timedelta(1))
    assert obstacle(LIVING, tomorrow, TODAY, {}) is Unasked.NO_COVER


def look(minute: int, place: str = "intake.readings", **subject: Any) -> Look:
    return Look(place, NOW + timedelta(minutes=minute), f"reader {minute}", None, "read", subject)


def test_pages_of_looks_divide_no_instant() -> None:
    looks = [look(1), look(2), look(2, "notifier.readings"), look(3)]
    page, rest = newest(looks, 2)
    assert [each.at for each in page] == [look(3).at, look(2).at, look(2).at]
    assert rest == look(2).at
    assert newest([each for each in looks if rest and each.at < rest], 2) == ([look(1)], None)


@pytest.mark.parametrize(
    ("seen", "organizations", "kind"),
    [
        (look(1), [Organization("0993141527", "Bakery")], "employer"),
        (look(1), [Organization("0206731645", "Authority", is_agent=True)], "agent"),
        (look(1), [], "operator"),
        (look(1, "feed.disclosures", institution="onem"), [], "institution"),
        (look(1, "contact.person_looks"), [Organization("0993141527", "Bakery")], "self"),
        (look(1, "contact.person_looks", reason="request"), [], "agent"),
    ],
)
def test_a_look_says_which_kind_of_reader(seen: Look, organizations: list[Organization], kind: str) -> None:
    said = line(seen, organizations)
    assert said["kind"] == kind
    assert seen.reader not in str(said)


@pytest.mark.parametrize(
    ("operation", "purpose"),
    [("readMessage", "notification"), ("listUsers", "directory"), ("parked show", "operation")],
)
def test_a_look_of_the_common_record_has_the_purpose_of_its_operation(operation: str, purpose: str) -> None:
    seen = Look("platform.looks", NOW, "reader", None, operation, {})
    assert line(seen, [])["purpose"] == purpose


def period(**changes: Any) -> Row:
    item = {
        "periodId": 1, "employer": "0993141527", "ssin": LIVING.ssin, "features": {"worker_type": "STU"},
        "startDate": "2026-02-01", "endDate": None, "plannedHours": 20, "plannedDays": None,
        "isCounted": True, "isCanceled": False,
    }  # fmt: skip
    return Row("personnel_file.periods", {**item, **changes})


def written(*parts: list[Row]) -> dict[str, Any]:
    """Return the JSON of rows that come in these parts."""
    writer = JsonWriter(LIVING, NOW)
    text = writer.begin() + "".join(writer.add(part, {}) for part in parts) + writer.end()
    found: dict[str, Any] = json.loads(text)
    return found


def test_the_document_is_equal_however_the_rows_are_divided() -> None:
    rows = [period(), period(periodId=2), Row("intake.results", {"number": 1, "answer": None})]
    whole = written(rows)
    assert whole == written(*([row] for row in rows)) == written([], rows, [])
    assert list(whole["sections"]) == list(SECTIONS)
    assert [row["periodId"] for row in whole["sections"]["periods"]] == [1, 2]
    assert whole["sections"]["declarations"] == [{"source": "intake.results", "number": 1}]
    assert {name for name, items in written()["sections"].items() if items} == set()


def test_quotas_count_periods_that_are_not_canceled() -> None:
    rows = [period(), period(plannedHours=30), period(isCanceled=True), period(startDate="2025-12-31")]
    assert written(rows)["quotas"] == [
        {"year": 2025, "workerType": "STU", "periods": 1, "plannedHours": 20, "plannedDays": 0},
        {"year": 2026, "workerType": "STU", "periods": 2, "plannedHours": 50, "plannedDays": 0},
    ]


def test_a_table_without_a_sentence_is_counted() -> None:
    rows = [period(), Row("personnel_file.history", {"version": 1})]
    writer, names = TextWriter(LIVING, NOW, "en"), {"0993141527": "Bakery"}
    text = writer.begin() + "".join(writer.add([row], names) for row in rows) + writer.end()
    assert "period 1 with Bakery (0993141527): from 1 February 2026, without end, worker type STU" in text
    assert "1 more records (personnel_file.history); the JSON has them" in text
    assert text.count("- nothing") == len(SECTIONS) - 2


@pytest.mark.parametrize(
    ("opened", "due", "late"),
    [
        (datetime(2026, 1, 31, 12, tzinfo=UTC), date(2026, 2, 28), date(2026, 4, 28)),
        (datetime(2026, 11, 30, 12, tzinfo=UTC), date(2026, 12, 30), date(2027, 2, 28)),
        (datetime(2026, 12, 31, 23, 30, tzinfo=UTC), date(2027, 2, 1), date(2027, 4, 1)),  # in Belgium
    ],
)
def test_a_report_is_answered_within_a_month_and_after_a_delay_within_three(
    opened: datetime, due: date, late: date
) -> None:
    assert (answer_due_on(opened), extended(due)) == (due, late)


def test_the_list_of_institutions_begins_with_the_first_correction() -> None:
    assert first_correction([]) is None
    later, first = (Correction(NOW + timedelta(days), 1, {}) for days in (2, 1))
    assert first_correction([later, first]) == first.recorded_at


def test_recipients_without_the_correction_are_named() -> None:
    """An institution with an ended authorization, and a secretariat that is no longer the addressee."""
    recipient = {"enterpriseNumber": "0993141527", "name": "Bakery", "toldAt": NOW.isoformat()}
    before = NOW - timedelta(3)
    found = told(
        [("onem", NOW, before), ("ended", None, before), ("new", NOW, None)],
        [("0993141527", "Bakery", before), ("0990101368", "Secretariat", before)],
        [Correction(NOW, 1, {}, [recipient])],
    )
    assert [each["institution"] for each in found.institutions] == ["onem", "new"]
    assert found.not_yet == [
        {"institution": "ended", "toldAt": before.isoformat()},
        {"enterpriseNumber": "0990101368", "name": "Secretariat", "toldAt": before.isoformat()},
    ]
