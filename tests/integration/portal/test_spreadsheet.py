"""A spreadsheet is checked row by row, sent once, and its results are in the file (ADR 40)."""

from __future__ import annotations

import asyncio
import csv
import io
import re
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from deploy.local.deployment import Endpoints
from services.portal.forms import MOST_BYTES_WITH_FILE
from services.portal.headers import DOCUMENT
from services.portal.spreadsheet.rules import PART
from services.portal.spreadsheet.store import MOST_SHEETS
from shared.domain.calendar import local_date
from shared.runtime.database import connect
from tests.pages import Open, Visitor
from tests.workbooks import workbook

pytestmark = pytest.mark.stack

HEADINGS = ("kind", "period", "ssin", "jointCommission", "workerType", "startDate", "endDate", "reference")
ROWS = 260
PATIENCE = 60.0
NAME = "<b>staff</b>.csv"


def day(ahead: int) -> str:
    return str(local_date(datetime.now(UTC)) + timedelta(days=ahead))


def engaged(ssin: str, ahead: int, reference: str = "") -> tuple[str, ...]:
    """Return the row of an IN of one day."""
    return ("IN", "", ssin, "XXX", "OTH", day(ahead), day(ahead), reference)


def as_csv(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerows([HEADINGS, *rows])
    return text.getvalue().encode()


def upload(browser: Visitor, content: bytes, name: str = NAME) -> str:
    """Upload a file, and return the path of its page."""
    browser.get("/spreadsheet")
    browser.upload("/spreadsheet", name, content)
    assert browser.answer.status == 200, browser.page.text
    return browser.url.removeprefix(browser.base)


def send(browser: Visitor, path: str) -> str:
    """Send the right rows, wait for all results, and return the text of the page."""
    browser.get(path)
    browser.submit(f"{path}/send")
    assert browser.answer.status == 200, browser.page.text
    end = time.monotonic() + PATIENCE
    while "being sent" in browser.page.text or "Without result yet" in browser.page.text:
        assert time.monotonic() < end, "all results"
        time.sleep(0.5)
        browser.get(path)
    return browser.page.text


def results(browser: Visitor, path: str) -> list[dict[str, str]]:
    answer = browser.get(f"{path}/results.csv")
    assert (answer.status, answer.headers["content-security-policy"]) == (200, DOCUMENT)
    assert answer.headers["content-disposition"] == 'attachment; filename="dimona-results.csv"'
    return list(csv.DictReader(io.StringIO(answer.body.decode("utf-8-sig"), newline=""), delimiter=";"))


def remove(browser: Visitor, path: str) -> None:
    browser.get(path)
    assert browser.submit(f"{path}/remove").status == 200
    assert path not in browser.page.links


async def counted(document: Mapping[str, Any], number: str) -> tuple[int, str]:
    """Return how many declarations of the bakery are not older than one, and its channel."""
    owner = await connect(document["postgres_dsn"])
    try:
        row = await owner.fetchrow(
            """SELECT (SELECT count(*) FROM intake.declarations n
                WHERE n.organization = d.organization AND n.received_at >= d.received_at) AS number, d.channel
            FROM intake.declarations d WHERE d.number = $1""",
            int(number),
        )
    finally:
        await owner.close()
    assert row is not None
    return row["number"], row["channel"]


@pytest.fixture(scope="module")
def content(served: Endpoints) -> bytes:
    """Return a file with two wrong rows and one that is refused; its results need two requests."""
    people = [person.ssin for person in served.data.people[-200:-160]]
    rows = [engaged(people[place % 40], 30 + place // 40, f"r{place}") for place in range(ROWS)]
    rows[3] = engaged("93051822362", 30)
    rows[PART] = ("IN", "", people[0], "XXX", "QQQ", day(30), "", "=1+1")
    rows[5] = engaged(people[4], 30, "twice")
    return as_csv(rows)


@pytest.fixture(scope="module")
def sent(declarer: Visitor, content: bytes) -> tuple[list[dict[str, str]], str]:
    """Return the rows of the result of that file after its sending, and the text of its page."""
    path = upload(declarer, content)
    text = send(declarer, path)
    rows = results(declarer, path)
    assert declarer.get(f"{path}/results.xlsx").body.startswith(b"PK")
    remove(declarer, path)
    return rows, text


def test_nothing_is_sent_before_the_person_says_so(declarer: Visitor, content: bytes) -> None:
    path = upload(declarer, content)
    html = declarer.answer.body.decode()
    assert f"{ROWS - 2} right, 2 with mistakes" in declarer.page.text
    assert re.findall(r'scope="row">(\d+)</th><td><code lang="en">(\w+)', html) == [
        ("5", "ssin"), (str(PART + 2), "reference"),
    ]  # fmt: skip
    assert NAME in declarer.page.text
    assert NAME.encode() not in declarer.answer.body, "the name of the file is text"
    rows = results(declarer, path)
    assert sum(row["text"] == "Not sent yet." for row in rows) == ROWS - 2
    assert not any(row["declarationId"] for row in rows)
    remove(declarer, path)


async def test_every_row_has_its_result_and_a_wrong_row_stops_only_itself(
    sent: tuple[list[dict[str, str]], str], document: dict[str, Any]
) -> None:
    rows, text = sent
    assert len(rows) == ROWS
    wrong = [rows[3], rows[PART]]
    assert [(row["declarationId"], row["result"]) for row in wrong] == [("", "")] * 2
    assert wrong[0]["text"].startswith("ssin: ")
    assert wrong[1]["reference"] == "'=1+1", "no spreadsheet reads a formula"
    refused = [row for row in rows if row["result"] == "B"]
    assert [row["reference"] for row in refused] == ["twice"], "a refused row stops no other one"
    assert refused[0]["codes"]
    others = [row for row in rows if row not in (*wrong, *refused)]
    assert {row["result"] for row in others} == {"A"}
    assert len({row["declarationId"] for row in others}) == len(others)
    assert f"Accepted{len(others)}Refused1" in re.sub(r"\s", "", text)
    assert (await counted(document, rows[-1]["declarationId"]))[1] == "web"


async def test_a_file_that_is_sent_again_has_no_second_effect(
    declarer: Visitor, content: bytes, sent: tuple[list[dict[str, str]], str], document: dict[str, Any]
) -> None:
    rows, _ = sent
    before = await counted(document, rows[0]["declarationId"])
    path = upload(declarer, content)
    send(declarer, path)
    assert results(declarer, path) == rows
    assert await counted(document, rows[0]["declarationId"]) == before
    declarer.get(path)
    assert not any(form.action.endswith("/send") for form in declarer.page.forms)
    remove(declarer, path)


def test_a_workbook_declares_as_a_text_file_does(declarer: Visitor, served: Endpoints) -> None:
    row = engaged(served.data.people[-61].ssin, 40, "x")
    path = upload(declarer, workbook([HEADINGS, row]), "staff.xlsx")
    send(declarer, path)
    (found,) = results(declarer, path)
    assert (found["result"], found["ssin"]) == ("A", row[2])
    change = ("UPDATE", found["declarationId"], "", "", "", day(40), day(41), "")
    cancel = ("CANCEL", found["declarationId"], "", "", "", "", "", "")
    remove(declarer, path)
    path = upload(declarer, as_csv([change, cancel]))
    send(declarer, path)
    assert [each["result"] for each in results(declarer, path)] == ["A", "A"]
    remove(declarer, path)


def test_a_late_row_is_named_before_it_is_sent(declarer: Visitor, served: Endpoints) -> None:
    path = upload(declarer, as_csv([engaged(served.data.people[-62].ssin, -3)]))
    assert "1 declarations are late" in declarer.page.text
    assert "90373-460" in send(declarer, path)
    remove(declarer, path)


@pytest.mark.parametrize(
    ("body", "text"), [(b"", "Choose a file"), (b"%PDF\x00", "no CSV file"), (b"a;b\r\n1;2", "headings")]
)
def test_a_file_that_cannot_be_read_says_so_at_its_field(declarer: Visitor, body: bytes, text: str) -> None:
    declarer.get("/spreadsheet")
    assert declarer.upload("/spreadsheet", "x.csv", body).status == 400
    assert text in declarer.page.text
    assert 'aria-describedby="file-wrong"' in declarer.answer.body.decode()


def test_a_file_that_is_too_large_is_refused(declarer: Visitor) -> None:
    declarer.get("/spreadsheet")
    answer = declarer.upload("/spreadsheet", "x.csv", b"x" * (MOST_BYTES_WITH_FILE + 1))
    assert answer.status == 413
    assert "at most 2 megabytes" in declarer.page.text


def test_a_login_has_few_files(declarer: Visitor) -> None:
    paths = [upload(declarer, as_csv([engaged("1", 1, str(place))])) for place in range(MOST_SHEETS)]
    declarer.get("/spreadsheet")
    assert declarer.upload("/spreadsheet", "x.csv", as_csv([engaged("1", 1)])).status == 400
    assert "three files here already" in declarer.page.text
    for path in paths:
        remove(declarer, path)


def test_a_form_with_a_file_needs_the_token_and_a_session(visitor: Open, declarer: Visitor) -> None:
    """Threat T34. A stranger's file is not even read."""
    for fields in ({}, {"form": "0" * 64}):
        assert declarer.upload("/spreadsheet", "x.csv", as_csv([]), fields).status == 403
    stranger = visitor()
    stranger.get("/")
    assert stranger.upload("/spreadsheet", "x.csv", as_csv([]), {"form": "0" * 64}).status == 403


def test_a_file_is_seen_in_its_login_only(declarer: Visitor, visitor: Open, served: Endpoints) -> None:
    """Threat T34: another person with the address sees, sends and removes nothing."""
    path = upload(declarer, as_csv([engaged(served.data.people[-63].ssin, 50)]))
    other = visitor("secretariat.clerk")
    other.get("/enterprise")
    token = {"form": other.page.forms[0].fields["form"]}
    assert other.get(path).status == 404
    assert other.get(f"{path}/results.csv").status == 404
    for action in ("send", "remove"):
        assert other.post(f"{path}/{action}", token).status == 404
    declarer.get(path)
    assert "checked, not sent" in declarer.page.text
    remove(declarer, path)


async def test_the_content_of_a_file_is_sealed_and_ends_with_the_login(
    visitor: Open, document: dict[str, Any], served: Endpoints
) -> None:
    browser = await asyncio.to_thread(visitor, "hotel.all")
    ssin = served.data.people[-64].ssin
    path = upload(browser, as_csv([engaged(ssin, 50)]))
    id_ = path.rpartition("/")[2]
    owner = await connect(document["postgres_dsn"])
    try:
        stored = await owner.fetch(
            "SELECT s.sealed, p.rows FROM portal.sheet s JOIN portal.sheet_part p ON p.sheet_id = s.id "
            "WHERE s.id::text = $1",
            id_,
        )
        assert stored
        assert all(text.startswith("v1.") and ssin not in text for row in stored for text in row.values())
        browser.get("/")
        browser.submit("/logout", follow=False)
        parts = "SELECT count(*) FROM portal.sheet_part WHERE sheet_id::text = $1"
        assert await owner.fetchval(parts, id_) == 0
    finally:
        await owner.close()
