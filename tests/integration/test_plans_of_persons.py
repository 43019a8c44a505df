"""The functions of each schema about a person stay fast on tables of ten million rows (ADR 36)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from deploy.local.stack import Stack
from services.contact.officer.store import RECORDERS
from services.contact.person.store import HOLDERS
from shared.topology import Deployment
from tests.plans import enlarge, faults, nested_plans

pytestmark = pytest.mark.stack

#: Tables of few rows: the clock, changes of numbers in files, a list that operators read, holds, messages
#: that the broker can never take, and a row per institution, and per organization and day.
SMALL = {
    "clock", "changes", "late_readings", "holds", "set_aside", "inscription_counts", "organization_days",
    "person_key", "pg_namespace",
}  # fmt: skip
#: Functions with plans that cost less than the planner takes them for.
ESTIMATED = {
    "access.data_of_person": "the planner takes a two-hundredth of all enterprises for those of one person",
    "identification.numbers_of_person": "recursion, whose depth the planner overestimates",
    "notifier.looks_at_person": "the planner takes a thousand messages for those of one person",
    "files.looks_at_person": "the planner takes a two-hundredth of all forms for those of one person",
    "feed.recipients_of_person": "the planner takes a two-hundredth of all disclosures",
    "contact.looks_at_person": "the planner takes a two-hundredth of all looks at lists",
    "personnel_file.busy_readers": "an officer reads the looks of at most 31 days, which lie in two months",
    "feed.looks_at_person": "the planner takes a two-hundredth of all disclosures for those of one person",
    "identification.looks_at_person": "the planner takes a two-hundredth of all looks for those at one",
}


async def test_no_statement_about_a_person_grows_with_a_table(stack: Stack) -> None:
    """The functions of each schema for the rights of a person (ADR 36)."""
    ssins, numbers, key, now = ["00000000001", "00000000002"], [1, 2], ["0400000000"], datetime.now(UTC)
    page = (now, 50)
    endpoints = await asyncio.to_thread(stack.provision, Deployment("persons"), "persons")
    # Only a superuser may load auto_explain.
    connection = await asyncpg.connect(stack.postgres.dsn(endpoints.postgres_dsn.rpartition("/")[2]))
    await enlarge(connection, stack.postgres.home / "data", SMALL)
    calls: list[tuple[str, tuple[Any, ...]]] = [
        *((f"{schema}.data_of_person", (ssins, numbers, key)) for schema in HOLDERS),
        *(
            (f"{schema}.declarations_of_person", (ssins,))
            for schema in ("intake", "personnel_file", "contact")
        ),
        ("identification.numbers_of_person", (ssins[0],)),
        ("personnel_file.employers_of_person", (ssins,)),
        ("personnel_file.looks_at_person", (ssins, ["a"], *page)),
        ("intake.looks_at_person", (numbers, *page)),
        ("notifier.looks_at_person", (ssins, numbers, *page)),
        ("contact.looks_at_person", (ssins, ["a"], *page)),
        ("files.looks_at_person", (ssins, *page)),
        ("feed.looks_at_person", (["a"], *page)),
        ("feed.recipients_of_person", (["a"], now)),
        ("access.looks_at_person", (ssins, *page)),
        *((f"{schema}.looks_of_reader", ("reader", now - timedelta(days=1), *page)) for schema in RECORDERS),
        ("personnel_file.busy_readers", (now.date(), now.date(), 50, 200)),
        ("intake.busy_organizations", (now.date(), now.date(), 50, 200)),
        ("identification.looks_at_person", (["a"], numbers, *page)),
        ("personnel_file.changes_of_period", (ssins, 1, now)),
        ("notifier.addressees_of_declarations", (numbers,)),
        ("access.number_of_person", (uuid4(),)),
        ("access.organizations_of_readers", ([str(uuid4()), "client"],)),
    ]
    found = []
    for function, values in calls:
        places = ", ".join(f"${n + 1}" for n in range(len(values)))
        call = f"SELECT * FROM {function}({places})"  # noqa: S608 - our own functions
        plans = await nested_plans(connection, call, *values)
        assert plans, function
        found += [
            (function, fault)
            for each in plans
            for fault in faults(each, SMALL)
            if function not in ESTIMATED or fault.startswith("sequential scan")
        ]
    await connection.close()
    assert found == []
