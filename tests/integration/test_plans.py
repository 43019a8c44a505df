"""Every statement of every service stays fast on tables of ten million rows."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio

from deploy.local.stack import Stack
from services.intake.consultation import store as declarations
from services.personnel_file.consultation.rules import Level, Order, Source
from services.personnel_file.consultation.store import begin
from services.personnel_file.consultation.store.rare import RARE
from services.personnel_file.consultation.store.statements import COUNT, FIND
from shared.runtime.database import Transaction
from shared.topology import Deployment
from tests.plans import Statement, enlarge, faults, nested_plans, plan, statements

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="module")]

#: Tables that never grow.
SMALL = {
    "clock", "eea_country", "epoch", "expeditors", "heartbeat", "inscription_counts", "institution",
    "institution_authorization", "outages", "pg_authid", "pg_database", "positions",
}  # fmt: skip
#: Service and a part of a statement, and why it may read many rows.
_OPEN = "reads open rows only, through a partial index; the planner takes a fifth of all rows for open"
_OPERATOR = "an operator's command, a few times a day"
EXCEPTIONS = {
    (
        "intake",
        "FROM access.organizations_of_clients WHERE queue",
    ): "all clients with a queue, every ten seconds; clients are thousands",
    ("access", "WHERE $1 IN (employer, secretariat)"): "one organization's page; affiliations are thousands",
    ("access", "FROM access.broker_accounts"): _OPERATOR,
    ("access", "FROM access.history h"): "stops at its LIMIT; the planner takes the snapshot for a third",
    ("access", "FROM factor WHERE kind = 'totp' AND secret NOT LIKE"): _OPEN,
    (
        "personnel_file",
        "FROM deliveries WHERE lane = $1 LIMIT 500",
    ): "stops at 500 rows of a queue that is not read",
    ("personnel_file", "FROM personnel_file.late"): _OPERATOR,
    ("personnel_file", "FROM personnel_file.omission_files f"): _OPERATOR,
    ("personnel_file", "FROM personnel_file.removed_until"): "a table of one row",
    ("personnel_file", "WHERE c.case_id > $1 AND"): "an agent's list of at most 200 cases, by number",
    ("personnel_file", "AS imported_at"): "cases and files are thousands: people decide about them",
    ("personnel_file", "FROM personnel_file.omission_counts GROUP BY"): "a few rows for each chunk of a file",
    (
        "personnel_file",
        "FROM provisional_numbers WHERE $1 IS NULL",
    ): "only for an enterprise number that no employer has; replaced numbers are thousands",
    ("personnel_file", "WHERE p.overlapping AND NOT p.canceled"): _OPERATOR,
    ("access", "WHERE status = 'pending' AND registration_id > $1"): _OPEN,
    ("contact", "kind <> 'contestation' AND opened_at > $1"): "one day of complaints, through an index",
    ("contact", "FROM cases c JOIN complainants"): _OPEN,
    ("contact", "FROM cases\nWHERE kind = ANY"): "an agent's list with optional filters; cases are thousands",
    ("contact", "FROM cases c\nWHERE kind = ANY"): "an agent's search; cases are thousands",
    ("contact", "FROM cases WHERE state = 'open' GROUP BY kind"): _OPEN,
    ("contact", "WHERE kind = 'report' AND state = 'open'"): _OPEN,
    ("files", "WHERE state = 'received'"): _OPEN,
    ("files", "WHERE state = 'accepted' AND submitted < forms"): _OPEN,
    ("files", "WHERE state IN ('accepted', 'canceled') AND final < forms"): _OPEN,
    ("files", "AS waiting"): _OPEN,
    ("identification", "former AS ("): "recursion, whose depth the planner overestimates",
    ("identification", "keys && $2::text[]"): _OPEN,
    ("identification", "AS pending,"): _OPEN,
    ("identification", "c.state = 'open' AND c.declaration_id > $1"): "stops at its LIMIT, by number",
    (
        "intake",
        "w.order_key = o.order_key AND w.provisional",
    ): "holds only declarations without a final",
    ("intake", "FROM open WHERE NOT provisional"): "holds only declarations without a final",
    ("intake", "FROM phone_results p JOIN results r"): _OPEN,
    ("intake", "FROM phone_results p LEFT JOIN results r"): _OPEN,
    ("ledger", "SELECT number FROM intake.open"): "once, when the ledger starts",
    ("ledger", "FROM intake.declarations WHERE received_at"): "the last minutes only, through an index",
    ("ledger", "JOIN intake.commands k"): "an operator's command, client by client through the primary key",
    ("ledger", "'received' AS event"): _OPERATOR,
    ("ledger", "AS writable"): _OPERATOR,
    ("ledger", "AS undelivered"): _OPERATOR,
    ("ledger", "body LIKE $1"): "an operator's command; unsent messages are few while the broker runs",
    ("notifier", "AS waiting,"): _OPEN,
    ("notifier", "FROM dispatches d JOIN subscriptions"): "one employer's page of a few subscriptions",
    ("notifier", "FROM announcements a JOIN messages"): "due announcements only, through an index",
    ("notifier", "p.state = 'waiting'"): _OPEN,
    ("notifier", "FROM print_jobs WHERE state = 'waiting'"): _OPEN,
    ("notifier", "FROM print_jobs\nWHERE state = $1"): "an operator's page of print jobs",
    (
        "provisioner",
        "FROM access.broker_accounts",
    ): "all accounts, when it starts; clients are thousands",
    ("provisioner", "FROM access.client_blocks"): "every block that there ever was; they are few",
    ("feed", "FROM deliveries d WHERE d.lane = $3"): "stops at its LIMIT; the planner takes lanes for few",
    ("feed", "DELETE FROM deliveries d USING ended"): "deliveries are bounded for each institution",
    ("portal", "FROM sheet GROUP BY state"): "the spreadsheets of some hours, once a minute",
    ("portal", "DELETE FROM session"): "the sessions that ended, once a minute, through an index",
    ("files", "FROM changes c JOIN answers"): "stops at its LIMIT; the planner takes a third for removed",
    ("portal", "SELECT count(*) FROM session"): "the logins of some hours, once a minute",
}
#: Statements that are completed in the code, and that no plan shows as they stand.
TEMPLATES = {
    ("access", "{"),
    ("contact", "_SEEN"),
    ("contact", "_COLUMNS"),
    ("contact", "_ROWS"),
    ("contact", "_SCOPE"),
    ("ledger", "{0}"),
    ("personnel_file", "{"),
    ("personnel_file", "_COUNT"),
}
#: A search is planned with settings of its own, and has a test of its own below.
SEARCH = "seen AS MATERIALIZED"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def database(stack: Stack) -> AsyncIterator[str]:
    """Yield the address of a migrated database with seemingly large tables."""
    endpoints = await asyncio.to_thread(stack.provision, Deployment("plans"), "plans")
    connection = await asyncpg.connect(endpoints.postgres_dsn)
    await enlarge(connection, stack.postgres.home / "data", SMALL)
    await connection.close()
    yield endpoints.postgres_dsn


@asynccontextmanager
async def connected(database: str, service: str) -> AsyncIterator[asyncpg.Connection]:
    path = "platform" if service == "cli" else f"{service},platform"
    connection = await asyncpg.connect(database, server_settings={"search_path": path})
    try:
        yield connection
    finally:
        await connection.close()


def excepted(statement: Statement) -> bool:
    return any(service == statement.service and part in statement.text for service, part in EXCEPTIONS)


def is_template(statement: Statement) -> bool:
    return any(
        service == statement.service and (part in statement.text or statement.name.endswith(part))
        for service, part in TEMPLATES
    )


async def test_no_statement_grows_with_a_table(database: str) -> None:
    """A comparison of unequal types, or a missing index, is found before any table is large."""
    found: list[str] = []
    planned = 0
    every = [each for each in statements() if not is_template(each) and SEARCH not in each.text]
    for service in sorted({statement.service for statement in every}):
        mine = [s for s in every if s.service == service and not excepted(s)]
        planned += len(mine)
        async with connected(database, service) as connection:
            for statement in mine:
                shown = await plan(connection, statement.text)
                found += [f"{statement.name}: {fault}" for fault in faults(shown, SMALL)]
    assert found == [], "\n".join(found)
    assert planned > 150


async def test_every_exception_is_needed(database: str) -> None:
    for service, part in EXCEPTIONS:
        matching = [s for s in statements() if s.service == service and part in s.text and not is_template(s)]
        async with connected(database, service) as connection:
            plans = [await plan(connection, statement.text) for statement in matching]
        assert any(list(faults(each, SMALL)) for each in plans), (service, part)


async def test_no_statement_in_a_function_grows_with_a_table(stack: Stack, database: str) -> None:
    """The statements in the functions that steps call have plans of their own."""
    now, day = datetime.now(UTC), date(2026, 2, 20)
    ids, key = [1, 2], ["0400000000"]
    load = (
        key,
        ids,
        ids,
        ids,
        ids,
        ids,
        ids,
        key,
        ["00000000001"],
        ["00000000001"],
        key,
        ids,
        day,
        day,
        False,
    )
    row = {"employer": key[0], "ssin": "00000000001", "start_date": str(day), "end_date": str(day)}
    rows = {
        "relations": [{**row, "relation_id": 1, "employer_id": 1, "version": 1, "worker": "{}"}],
        "history": [{**row, "version": 1, "event": "{}", "recorded_at": str(now)}],
        "feed": [{"event_id": str(uuid4()), "type": "t", "data": "{}", "occurred_at": str(now)}],
        "periods": [
            {**row, "period_id": 1, "features": "{}", "features_key": "k", "span": f"[{day},)",
             **dict.fromkeys(("canceled", "locked", "late", "counted", "overlapping"), False)}
        ],
        "account_days": [{"account": key[0], "day": str(day), "periods": 1}],
        "settlements": [{"declaration_id": 1, "result": "A", "settled_at": str(now)}],
        "resumed": [1],
    }  # fmt: skip
    texts, digests = ["a", "b"], [b"a", b"b"]
    reception = (now, texts, texts, texts, digests, [1, None], ids, ids, key, ids, key)
    contesting = (now, texts, texts, digests, [uuid4()])
    as_superuser = stack.postgres.dsn(database.rpartition("/")[2])  # only a superuser may load auto_explain
    plans = []
    for service, function, values in (
        ("personnel_file", "load_settlement", load),
        ("personnel_file", "save_settlement", (json.dumps(rows), True)),
        ("intake", "begin_reception", reception),
        ("contact", "begin_contesting", contesting),
    ):
        async with connected(as_superuser, service) as connection:
            transaction = connection.transaction()
            await transaction.start()
            places = ", ".join(f"${n + 1}" for n in range(len(values)))
            call = f"SELECT * FROM {function}({places})"  # noqa: S608 - our own functions
            plans += await nested_plans(connection, call, *values)
            await transaction.rollback()
    assert len(plans) > 30
    assert [fault for each in plans for fault in faults(each, SMALL)] == []


#: The index of each anchor of a search, at the level of periods and of relations.
ANCHORS = {
    Source.NUMBER: ("periods_pkey", "relations_relation_id_key"),
    Source.FILE: ("periods_employer_ssin_idx", "relations_pkey"),
    Source.WORKER: ("periods_of_worker", "relations_ssin_idx"),
    Source.RARE: ("periods_pkey", "relations_relation_id_key"),
}
#: The index of each criterion that few rows may meet.
OF_RARE = {
    "late": "periods_late",
    "locked": "periods_locked",
    "quota_exceeded": "periods_beyond_a_quota",
    "canceled": "periods_canceled",
    "sub_entity": "periods_of_sub_entity",
    "user_undertaking": "periods_of_user",
    "family_name": "relations_by_name",
    "end": "periods_of_employer_by_end",
}
BY_NUMBER = ("periods_of_employer_by_number", "relations_of_employer_by_number")
BY_START = ("periods_of_employer_by_start", "relations_of_employer_by_start")


async def test_a_search_reads_one_index_in_its_order(database: str) -> None:
    """Whatever the criteria: for unknown values, and without a sort of all rows of an employer (ADR 23)."""
    async with connected(database, "personnel_file") as connection, connection.transaction():
        await begin(Transaction(connection, datetime.now(UTC)))
        for (level, source, order), statement in FIND.items():
            of_employer = BY_NUMBER if order is Order.NUMBER else BY_START
            expected = ANCHORS.get(source, of_employer)[level is Level.RELATION]
            shown = await plan(connection, statement)
            nodes = list(nodes_of(cte(shown, "seen")))
            indexes = [
                node["Index Name"]
                for node in nodes
                if "Index Name" in node and node.get("Relation Name") in ("periods", "relations")
            ]
            assert indexes == [expected], (level, source, order)
            sorts = [node for node in nodes if "Sort" in node["Node Type"]]
            assert source is not Source.EMPLOYER or sorts == [], (level, source, order)
            assert not [node for node in nodes_of(shown) if node["Node Type"] == "Seq Scan"]
        for statement in COUNT.values():
            nodes = list(nodes_of(await plan(connection, statement)))
            assert not [node for node in nodes if node["Node Type"] == "Seq Scan"]
        for (level, name), statement in RARE.items():
            nodes = list(nodes_of(await plan(connection, statement)))
            used = [node["Index Name"] for node in nodes if "Index Name" in node]
            assert OF_RARE.get(name, BY_START[level is Level.RELATION]) in used, (level, name)
            assert not [node for node in nodes if node["Node Type"] == "Seq Scan"], (level, name)


async def test_a_search_for_declarations_reads_one_index_in_its_order(database: str) -> None:
    async with connected(database, "intake") as connection, connection.transaction():
        await declarations.begin(Transaction(connection, datetime.now(UTC)), "client")
        shown = await plan(connection, declarations.FIND)
        nodes = list(nodes_of(cte(shown, "seen")))
        assert [node["Index Name"] for node in nodes if "Index Name" in node] == [
            "declarations_of_organization"
        ]
        assert not [node for node in nodes if "Sort" in node["Node Type"]]
        assert not [node for node in nodes_of(shown) if node["Node Type"] == "Seq Scan"]


def nodes_of(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield every node of a plan."""
    yield node
    for child in node.get("Plans", ()):
        yield from nodes_of(child)


def cte(shown: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return the part of a plan for a part of a WITH."""
    return next(node for node in nodes_of(shown) if node.get("Subplan Name") == f"CTE {name}")


@pytest.mark.parametrize(
    "planted",
    [
        "SELECT p.* FROM unnest($1::text[]) AS k (ssin) JOIN periods p USING (ssin)",
        "SELECT period_id FROM periods WHERE ssin = ANY($1::text[])",
        "SELECT relation_id FROM relations WHERE employer_id = $1",
    ],
)
async def test_control_a_planted_slow_statement_is_found(database: str, planted: str) -> None:
    """`ssin`, char(11), is compared as text; and a column has no index."""
    async with connected(database, "personnel_file") as connection:
        assert list(faults(await plan(connection, planted), SMALL))
