"""A person searches the personnel file, keeps searches, exports them, and sees the time line of a worker."""

from __future__ import annotations

import io
import re

import pytest
from openpyxl import load_workbook

from deploy.local.deployment import Endpoints
from tests.integration.portal.declaring import day, declared, fill, numbers
from tests.pages import Open, Visitor

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def period(declarer: Visitor, served: Endpoints) -> str:
    """Return the number of a period of nine days that begins tomorrow."""
    person = served.data.people[-40]
    return declared(declarer, "/declare/in/XXX/OTH", ssin=person.ssin, start_date=day(1), end_date=day(9))


def test_criteria_are_combined(declarer: Visitor, period: str, served: Endpoints) -> None:
    person = served.data.people[-40]
    matching = {
        "ssin": person.ssin, "family_name": person.family_name[:3], "worker_type_OTH": "yes",
        "worker_type_STU": "yes", "joint_commission_XXX": "yes", "status_CLOSED": "yes",
        "startPeriod_from": day(1), "movementPeriod_until": day(9), "receptionPeriod_from": day(-1),
        "isLate": "no", "isLocked": "no", "sort": "-startDate", "count": "yes",
    }  # fmt: skip
    declarer.get("/personnel")
    fill(declarer, "/personnel", matching)
    assert numbers(declarer, r"/periods/(\d+)") == [period]
    assert "Periods found (1)" in declarer.page.text
    for changed in ({"isLate": "yes"}, {"status_CLOSED": ""}, {"startPeriod_from": day(2)}):
        declarer.get("/personnel")
        fill(declarer, "/personnel", matching | {"status_OPEN": "yes"} | changed)
        assert "Nothing meets these criteria" in declarer.page.text, changed


def test_a_relation_leads_to_the_time_line_of_its_worker(
    declarer: Visitor, period: str, served: Endpoints
) -> None:
    declarer.get("/personnel")
    declarer.submit("/personnel", ssin=served.data.people[-40].ssin, level="relation", count="yes")
    assert "Relations found (1)" in declarer.page.text
    (relation,) = numbers(declarer, r"/relations/(\d+)")
    declarer.get(f"/relations/{relation}")
    assert declarer.page.title.startswith("Time line of a worker")
    assert served.data.people[-40].ssin not in declarer.page.title + declarer.url
    assert numbers(declarer, r"/periods/(\d+)") == [period]
    assert b"<svg" in declarer.answer.body
    assert b"<rect" in declarer.answer.body


def test_a_search_is_kept_opened_and_deleted(declarer: Visitor, other: Visitor, period: str) -> None:
    """Threat T34: the name of a kept search runs in a page."""
    name = '"><img src=x onerror=x>'
    declarer.get("/personnel")
    fields = declarer.page.form("/personnel").fields | {"startPeriod_from": day(1), "worker_type_OTH": "yes"}
    assert declarer.post("/personnel/keep", fields).status == 400
    assert b'aria-describedby="name-wrong"' in declarer.answer.body
    declarer.post("/personnel/keep", fields | {"name": name})
    assert name in declarer.page.text
    assert b"<img" not in declarer.answer.body
    kept = next(
        value
        for form in declarer.page.forms
        if form.action == "/personnel/forget"
        for _, value in form.buttons
    )
    declarer.post("/personnel/kept", declarer.page.form("/personnel/kept").fields | {"id": kept})
    assert period in numbers(declarer, r"/periods/(\d+)")
    assert declarer.page.form("/personnel").fields["startPeriod_from"] == day(1)
    other.get("/personnel")
    fields = other.page.form("/personnel/kept").fields
    for path in ("/personnel/kept", "/personnel/forget"):
        assert other.post(path, fields | {"id": kept}).status == 404, "a kept search of another person"
    declarer.get("/personnel")
    declarer.post("/personnel/forget", declarer.page.form("/personnel/forget").fields | {"id": kept})
    assert name not in declarer.page.text


@pytest.mark.parametrize("preset", ["fullRegister", "activeInPeriod", "entriesAndExits"])
def test_each_preset_finds_periods(declarer: Visitor, period: str, preset: str) -> None:
    declarer.get("/personnel")
    fields = declarer.page.form("/personnel/kept").fields
    assert declarer.post("/personnel/kept", fields | {"id": preset}).status == 200
    assert "Periods found" in declarer.page.text
    fields = declarer.page.form("/personnel").fields
    assert any(fields.get(name) for name in ("status_OPEN", "activePeriod_from", "movementPeriod_from"))


def test_a_kept_or_exported_search_names_no_worker(declarer: Visitor) -> None:
    for action in ("/personnel/keep", "/personnel/export"):
        declarer.get("/personnel")
        fields = declarer.page.form("/personnel").fields
        assert declarer.post(action, fields | {"family_name": "Maes", "name": "x"}).status == 400
        assert b'aria-describedby="family_name-wrong"' in declarer.answer.body


def exported(browser: Visitor, form: str, **criteria: str) -> bytes:
    browser.get("/personnel")
    fields = browser.page.form("/personnel").fields
    answer = browser.post("/personnel/export", fields | {"format": form} | criteria)
    assert answer.status == 200
    assert answer.headers["content-disposition"] == f'attachment; filename="dimona.{form}"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    return answer.body


def test_a_search_is_exported_as_csv_and_as_workbook(declarer: Visitor, period: str) -> None:
    text = exported(declarer, "csv", status_CLOSED="yes", startPeriod_from=day(1)).decode("utf-8-sig")
    heading, *lines = text.splitlines()
    assert heading.startswith("periodId;relationId;")
    assert period in [line.partition(";")[0] for line in lines]
    sheet = load_workbook(io.BytesIO(exported(declarer, "xlsx", startPeriod_from=day(1)))).active
    assert sheet is not None
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0][0] == "periodId"
    assert period in [str(row[0]) for row in rows[1:]]


def test_an_export_leaves_no_place_taken(declarer: Visitor) -> None:
    """An organization has ten places for a day; a file that was sent frees its own."""
    for _ in range(12):
        assert exported(declarer, "csv", worker_type_A17="yes")


def test_an_export_of_an_employer_without_mandate_is_refused(visitor: Open) -> None:
    browser = visitor("bakery.local")
    assert browser.get("/personnel").status == 200, browser.page.text
    fields = browser.page.form("/personnel").fields
    assert browser.post("/personnel/export", fields | {"format": "csv"}).status == 403
    assert "You have no right" in browser.page.text


def test_the_history_has_further_pages(declarer: Visitor, period: str) -> None:
    declarer.get(f"/periods/{period}/history/0_0")
    assert "Opened" in declarer.page.text
    assert declarer.get(f"/periods/{period}/history/9{'9' * 15}_0").status == 200
    assert declarer.get(f"/periods/{period}/history/x").status == 404


def test_today_counts_the_days_until_the_last_day_to_contest(declarer: Visitor, period: str) -> None:
    declarer.get("/today")
    assert "Last days to contest" in declarer.page.text
    assert re.search(r"(\d+ days left|1 day left|Today is the last day)", declarer.page.text)


def test_today_has_the_quota_of_the_enterprise_that_is_left(declarer: Visitor) -> None:
    declarer.get("/today")
    assert declarer.answer.status == 200
    assert re.search(r"\d+ of 200 days left, until 31 December \d{4}", declarer.page.text)


def test_the_time_line_of_a_student_has_the_planned_hours(declarer: Visitor, served: Endpoints) -> None:
    person = served.data.people[-76]
    start = day(1)
    declared(
        declarer, "/declare/in/XXX/STU", ssin=person.ssin, start_date=start, end_date=start,
        planned_hours="38",
    )  # fmt: skip
    declarer.get("/personnel")
    declarer.submit("/personnel", ssin=person.ssin, level="relation")
    (relation,) = numbers(declarer, r"/relations/(\d+)")
    declarer.get(f"/relations/{relation}")
    text = f"As a student in {start[:4]}: 38 hours planned with this employer, of at most"
    assert (text in declarer.page.text) is (start[:4] == day(0)[:4]), "only of this year"
