"""The code lists over REST equal the tables of the rules, and their answers follow the contract."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from shared.domain.anomalies import ANOMALIES, OFFICIAL
from shared.domain.data import rows
from shared.domain.dated import Evidence
from shared.domain.features import (
    JOINT_COMMISSIONS,
    WORKER_TYPES,
    is_declared_too_early,
    refusal_evidence,
    starts_out_of_time,
)
from shared.domain.identifiers import (
    parse_dimona_number,
    parse_employer_id,
    parse_enterprise_number,
    parse_ssin,
)
from shared.domain.places import is_city_of, is_country, is_post_code
from shared.domain.quotas import QUOTAS, counting, window
from tests.asgi import Answer, call
from tests.contracts.answers import faults
from tests.contracts.openapi import faces, operations

INTAKE = faces()["intake"]
THIS_YEAR = f"{datetime.now(UTC):%Y}"
PATH = "/REST/dimona/v2/refData"
LISTS = sorted({o.path for o in operations() if o.contract == "reference" and "{" not in o.path})


async def get(path: str, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = await call(INTAKE, "GET", path, named)
    assert faults("reference", "GET", path, answer) == []
    return answer


async def read(name: str, size: int = 500) -> list[dict[str, Any]]:
    """Return all items of a list, page after page, as a client reads them."""
    path, found = f"{PATH}/{name}?pageSize={size}", list[dict[str, Any]]()
    while True:
        document = (await get(path)).json()
        found += document["items"]
        if "next" not in document:
            assert len(found) == document["total"]
            return found
        path = PATH + document["next"].partition(PATH)[2]


async def test_the_joint_commissions_are_those_of_the_rules() -> None:
    assert {each["code"] for each in await read("jointCommissions")} == JOINT_COMMISSIONS


async def test_the_worker_types_have_the_dates_and_needs_of_the_rules() -> None:
    published = {each["code"]: each for each in await read("workerTypes")}
    assert published.keys() == WORKER_TYPES.keys()
    for code, row in WORKER_TYPES.items():
        said = published[code]
        for day in days():
            early, late = said.get("startsFrom", "0"), said.get("startsUntil", "9")
            assert starts_out_of_time(row, day) == (not early <= str(day) <= late)
            quarter = window_of(day)
            far = (quarter - date(2024, 2, 1)).days > said.get("daysBeforeQuarter", 10**6)
            assert is_declared_too_early(row, day, date(2024, 2, 1)) == far
        needs = (row.end_date_required, row.planned_hours, row.one_day, row.one_quarter, row.small_statutes)
        assert needs == (
            said["isEndDateRequired"], said["isPlannedHoursRequired"], said["isOneDay"], said["isOneQuarter"],
            said["isSmallStatute"],
        )  # fmt: skip


def days() -> list[date]:
    """Return days on both sides of each date in the table, and some in between."""
    edges = {row.starts_from for row in WORKER_TYPES.values()} | {
        row.starts_until for row in WORKER_TYPES.values()
    }
    near = [day + timedelta(days=n) for day in edges if day is not None for n in (-1, 0, 1)]
    return [*near, date(1950, 5, 1), date(2024, 3, 3), date(2024, 4, 1), date(2033, 12, 31)]


def window_of(day: date) -> date:
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


async def test_the_pairings_decide_as_the_rule_does() -> None:
    published = await read("pairings")
    for commission in (*sorted(JOINT_COMMISSIONS), None):
        for code in WORKER_TYPES:
            for day in days():
                found = {row["isAllowed"] for row in published if covers(row, commission, code, day)}
                evidence = refusal_evidence(commission, code, day)
                expected = {None: {True}, Evidence.INFERRED: set()}.get(evidence, {False})
                assert found == expected or (False in found and expected == {False})


def covers(row: Mapping[str, Any], commission: str | None, code: str, day: date) -> bool:
    return (
        row.get("jointCommissionNumber") == commission
        and code in row["workerTypes"]
        and row.get("startsFrom", "0") <= str(day) <= row.get("startsUntil", "9")
    )


async def test_the_countries_are_those_of_the_rules() -> None:
    published = {each["code"] for each in await read("countries")}
    assert published == {code for code in range(1000) if is_country(code)}
    ended = {each["code"] for each in await read("countries") if "endYear" in each}
    assert ended == {int(row["code"]) for row in rows("countries") if row["end_year"] != "9999"}


async def test_the_post_codes_are_those_of_the_rules() -> None:
    published = await read("postCodes")
    assert {each["postCode"] for each in published} == {
        f"{n:04}" for n in range(10_000) if is_post_code(f"{n:04}")
    }
    for each in published:
        day = date.fromisoformat(each.get("validFrom", "2024-01-01"))
        if "municipalityCode" in each:
            assert is_city_of(each["postCode"], None, each["municipalityCode"], day)
        for name in each["name"].values():
            assert is_city_of(each["postCode"], name, None, day)
    assert sum("validFrom" in each for each in published) > 20


async def test_the_quotas_are_those_of_the_rules() -> None:
    published = await read("quotas")
    assert len(published) == len(QUOTAS)
    for code in WORKER_TYPES:
        for sector in (*JOINT_COMMISSIONS, None):
            for year in range(2010, 2031):
                counted = sorted(
                    row.limit
                    for row in counting(code, sector)
                    if row.is_valid_in(window(row.per, date(year, 12, 31)))
                )
                assert counted == sorted(
                    row["limit"]
                    for row in published
                    if "anomaly" in row and code in row["workerTypes"]
                    if row.get("jointCommissionNumber") in (None, sector)
                    if row.get("validFrom", "0") <= f"{year}-12-31"
                    and row.get("validUntil", "9")
                    >= (f"{year}-10-01" if row["per"] == "quarter" else f"{year}-01-01")
                )  # fmt: skip


async def test_the_anomalies_are_the_201_and_that_of_the_system() -> None:
    published = {each["code"]: each for each in await read("anomalies", 50)}
    assert len(OFFICIAL) == 201
    assert published.keys() == set(OFFICIAL) | {"90059-163"}
    for code, row in ANOMALIES.items():
        said = published[code]
        assert (said["class"], said["hint"], said["label"]) == (
            row.anomaly_class.value, row.hint, dict(row.label),
        )  # fmt: skip
        assert set(said.get("kinds", ())) == row.kinds
        assert set(said.get("blocksForWorkerTypes", ())) == row.blocks_for
        assert (said["status"] == "implemented") == (row.reason == "")
        assert (await get(f"{PATH}/anomalies/{code}")).json() == said


@pytest.mark.parametrize("code", ["90017-999", "90017", "%20", "ssin"])
async def test_an_unknown_anomaly_is_not_found(code: str) -> None:
    assert (await get(f"{PATH}/anomalies/{code}")).status == 404


def is_checked(row: Mapping[str, Any], number: str) -> bool:
    """Return whether the published rule accepts a number: a client of its own, written from the contract."""
    if not re.fullmatch(row["pattern"], number):
        return False
    if "checkedDigits" not in row:
        within = any(each["minimum"] <= int(number) <= each["maximum"] for each in row["ranges"])
        return within and int(number) % row["modulus"] == row["remainder"]
    prefixes = [each for each in row["prefixes"] if each == "" or f"20{number[:2]}" <= THIS_YEAR]
    rests = [int(prefix + number[: row["checkedDigits"]]) % row["modulus"] for prefix in prefixes]
    checks = {row["modulus"] - rest if row["isComplement"] else rest or row["modulus"] for rest in rests}
    return int(number[row["checkedDigits"] :]) in checks


PARSERS: Mapping[str, Callable[[str], object]] = {
    "ssin": parse_ssin,
    "enterpriseNumber": parse_enterprise_number,
    "employerId": lambda text: parse_employer_id(int(text)),
    "dimonaNumber": lambda text: parse_dimona_number(int(text)),
}


async def test_the_rules_for_check_digits_accept_the_numbers_that_we_accept() -> None:
    published = {each["code"]: each for each in await read("numbers")}
    assert published.keys() == PARSERS.keys()
    for code, parse in PARSERS.items():
        row, seen = published[code], set()
        assert is_checked(row, row["example"])
        assert parse(row["example"]) is not None
        for number in numbers(code):
            accepted = parse(number) is not None
            assert is_checked(row, number) == accepted, (code, number)
            seen.add(accepted)
        assert seen == {True, False}, code


def numbers(code: str) -> list[str]:
    """Return random numbers with all their possible checks."""
    draw = random.Random(code)
    starts = {
        "ssin": [f"{draw.randrange(0, 100):02}{draw.randrange(1, 13):02}{draw.randrange(1, 29):02}"
                 f"{draw.randrange(1, 997):03}" for _ in range(40)],
        "enterpriseNumber": [f"{draw.randrange(1, 20_000_000):08}" for _ in range(40)],
        "employerId": [str(draw.randrange(1000, 2_000_000)) for _ in range(40)]
        + [str(draw.randrange(49_999_990, 60_000_010)) for _ in range(40)],
        "dimonaNumber": [str(draw.randrange(10**9, 10**10)) for _ in range(40)],
    }  # fmt: skip
    return [f"{start}{check:02}" for start in starts[code] for check in range(100)]


@pytest.mark.parametrize("path", LISTS)
async def test_a_list_can_be_cached_and_is_not_sent_twice(path: str) -> None:
    first = await get(path)
    assert first.headers["cache-control"] == "public, max-age=3600"
    again = await get(path, if_none_match=first.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    other = await get(path, if_none_match='"another"')
    assert other.json() == first.json()


async def test_lists_have_tags_of_their_own() -> None:
    tags = {(await get(path)).headers["etag"] for path in LISTS}
    assert len(tags) == len(LISTS) == 9


@pytest.mark.parametrize("query", ["page=0", "pageSize=501", "pageSize=x", "lang=fr", "page=1000001"])
async def test_a_wrong_page_is_refused(query: str) -> None:
    answer = await get(f"{PATH}/countries?{query}")
    assert answer.status == 400
    assert answer.json()["issues"][0]["in"] == "query"


async def test_a_page_beyond_the_list_is_empty() -> None:
    document = (await get(f"{PATH}/countries?page=1000&pageSize=500")).json()
    assert (document["items"], "next" in document) == ([], False)
