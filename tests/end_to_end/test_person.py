"""The rights of a person: all own data, the looks at them, and agents on behalf of others (ADR 36)."""

from __future__ import annotations

import json
from typing import Final

import pytest

from deploy.local.demo.data import DemoData
from deploy.local.deployment import Endpoints
from services.contact.person.rules.sections import SECTIONS
from shared.domain.processing import Number
from shared.runtime.processing import load_register
from shared.words import LANGUAGES
from tests.contracts.test_data_of_persons import OUTSIDE
from tests.end_to_end.planted import AGENT, Face, Planted, log_in
from tests.end_to_end.registers import make_person, register
from tests.prove.spy import spying
from tests.prove.world import World

pytestmark = [
    pytest.mark.stack,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.usefixtures("sound"),
]

#: Tables in which the planted person certainly is.
PLANTED_IN: Final = {
    *(f"personnel_file.{name}" for name in ("relations", "periods", "history", "former_numbers")),
    *(f"intake.{name}" for name in ("declarations", "results")),
    *(f"files.{name}" for name in ("forms", "results")),
    *(f"contact.{name}" for name in ("notifications", "readings")),
    "identification.persons",
    "notifier.messages",
    "access.person",
}
#: Tables in which the register of processing says that a number is.
_REGISTERED: Final = {
    table.full_name
    for table in load_register()
    if any(column.number is Number.SSIN for column in table.columns)
}
_TABLES: Final = """
SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname !~ '^(pg_|information_schema)'
  AND c.relname NOT IN ('outbox', 'deliveries', 'inbox', 'suspects', 'set_aside')"""


async def holding(world: World, numbers: tuple[str, str]) -> dict[str, int]:
    """Return how many rows of each table hold one of these numbers, as text, in JSON or in bytes."""
    found: dict[str, int] = {}
    texts = [*numbers, *(number.encode().hex() for number in numbers)]
    for (table,) in await world.database.fetch(_TABLES):
        count = await world.database.value(
            f"""SELECT count(*) FROM {table} AS t
            WHERE EXISTS (SELECT FROM unnest($1::text[]) AS s WHERE strpos(t::text, s) > 0)""",  # noqa: S608
            texts,
        )
        if count:
            found[table] = count
    return found


async def test_every_row_that_holds_the_number_is_in_my_data(world: World, planted: Planted) -> None:
    document = await planted.person.found("GET", "/person/data", "Data")
    assert (document["ssin"], document["formerSsins"]) == (planted.ssin, [planted.former])
    shown: dict[str, int] = {}
    for items in document["sections"].values():
        for item in items:
            if any(number in json.dumps(item) for number in planted.numbers):
                shown[item["source"]] = shown.get(item["source"], 0) + 1
    stored = await holding(world, planted.numbers)
    assert {place: count for place, count in stored.items() if place not in OUTSIDE} == shown
    assert stored.keys() - OUTSIDE.keys() <= _REGISTERED
    assert stored.keys() >= PLANTED_IN


async def test_the_statement_says_it_in_four_languages(planted: Planted) -> None:
    """The employer has its name; a sentence about the period is translated."""
    said: dict[str, str] = {}
    for language in LANGUAGES:
        answer = await planted.person.ask("GET", f"/person/statement?language={language}")
        assert (answer.status, answer.headers["content-type"]) == (200, "text/plain; charset=utf-8")
        said[language] = answer.body.decode()
        assert planted.former in said[language]
        assert "Boulangerie Les Trois Épis" in said[language]
        assert str(planted.period) in said[language]
    assert len({text.splitlines()[0] for text in said.values()}) == len(LANGUAGES)
    assert "Vos employeurs" in said["fr"]


async def test_quotas_and_the_sections_of_the_contract(planted: Planted) -> None:
    document = await planted.person.found("GET", "/person/data", "Data")
    assert list(document["sections"]) == list(SECTIONS)
    assert {row["workerType"]: row["plannedHours"] for row in document["quotas"]} == {"STU": 60}


async def test_every_look_is_in_the_list_of_looks(planted: Planted, data: DemoData) -> None:
    """Readings before the number was replaced too; the newest first, in pages without a gap."""
    looks = (await planted.person.found("GET", "/person/looks?pageSize=200", "Looks"))["items"]
    seen = {(look["kind"], look["operation"], look["source"]) for look in looks}
    assert {
        ("employer", "readDeclaration", "intake.readings"),
        ("employer", "searchPeriods", "personnel_file.consultations"),
        ("employer", "readMessage", "platform.looks"),
        ("agent", "read", "contact.readings"),
        ("agent", "search", "contact.readings"),
        ("self", "readMyData", "contact.person_looks"),
    } <= seen
    bakery = data.organizations["bakery"].enterprise_number
    assert {
        each["enterpriseNumber"]
        for look in looks
        if look["source"] == "intake.readings"
        for each in look["organizations"]
    } == {bakery}
    assert [look["lookedAt"] for look in looks] == sorted((look["lookedAt"] for look in looks), reverse=True)
    size = len(looks) // 10 + 1  # few requests, because looks have a limit
    pages, path = [], f"/person/looks?pageSize={size}"
    while True:
        page = await planted.person.found("GET", path, "Looks")
        pages += page["items"]
        if "nextBefore" not in page:
            break
        path = f"/person/looks?pageSize={size}&before={page['nextBefore'].replace('+', '%2B')}"
    assert [look for look in pages if look in looks] == looks


async def test_institutions_are_among_the_looks(world: World, planted: Planted) -> None:
    """A row of the log of disclosures names the worker by the keyed code only."""
    await planted.person.found("GET", "/person/looks", "Looks")
    disclosed = await world.database.value(
        """INSERT INTO feed.disclosures (institution_id, seq, way, authorization_id, version, disclosed_at,
            events, workers, digest, previous, hash)
        SELECT 'planted', 1, 'pull', a.authorization_id, a.version, platform.now(), '{1}', ARRAY[l.worker],
            sha256(''), sha256(''), sha256('')
        FROM access.institution_authorization a, contact.person_looks l WHERE l.looker = $1 LIMIT 1
        RETURNING authorization_id""",
        planted.person.subject,
    )
    purpose = await world.database.value(
        "SELECT purpose FROM access.institution_authorization WHERE authorization_id = $1 LIMIT 1", disclosed
    )
    looks = (await planted.person.found("GET", "/person/looks?pageSize=200", "Looks"))["items"]
    (look,) = (each for each in looks if each["about"].get("institution") == "planted")
    assert (look["kind"], look["operation"], look["about"]["words"]) == ("institution", "pull", purpose)


async def test_the_export_has_data_and_looks(planted: Planted) -> None:
    answer = await planted.person.ask("GET", "/person/export")
    assert answer.headers["content-disposition"] == 'attachment; filename="my-data.json"'
    found = await planted.person.found("GET", "/person/export", "Export")
    assert found["data"]["ssin"] == planted.ssin
    assert {look["operation"] for look in found["looks"]} >= {"exportMyData", "searchPeriods"}


async def test_an_agent_looks_with_a_reason_that_the_person_sees(planted: Planted) -> None:
    """A former number finds the person too."""
    found = await planted.agent.found("POST", "/persons/data", "Data", planted.request())
    assert found["ssin"] == planted.ssin
    for path in ("/persons/looks", "/persons/statement"):
        assert (await planted.agent.ask("POST", path, planted.request("report"))).status == 200
    looks = (await planted.person.found("GET", "/person/looks", "Looks"))["items"]
    said = [
        (look["purpose"], look["about"]["words"])
        for look in looks
        if look["source"] == "contact.person_looks" and look["kind"] == "agent"
    ]
    assert said[:3] == [(reason, "Asked at the counter.") for reason in ("report", "report", "request")]


async def test_without_the_row_of_the_look_there_are_no_data(world: World, planted: Planted) -> None:
    """For the person and for an agent (threat T25)."""
    await world.database.fetch("REVOKE INSERT ON contact.person_looks FROM dimona_contact")
    try:
        answers = [
            *[await planted.person.ask("GET", f"/person/{each}") for each in ("data", "looks", "export")],
            await planted.agent.ask("POST", "/persons/data", planted.request()),
        ]
    finally:
        await world.database.fetch("GRANT INSERT ON contact.person_looks TO dimona_contact")
    assert {answer.status for answer in answers} == {503}
    assert not [answer for answer in answers if planted.ssin.encode() in answer.body]


async def test_a_covert_inquiry_appears_from_its_day_on(world: World, planted: Planted) -> None:
    """Rows as a rule would have allowed them: one until today, one until tomorrow."""
    await planted.person.found("GET", "/person/looks", "Looks")
    for words, days in (("over", 0), ("covert", 1)):
        await world.database.value(
            """INSERT INTO contact.person_looks
                (looked_at, looker, client_id, operation, worker, reason, words, shown_from, found)
            SELECT platform.now(), 'agent', 'tests', 'readDataOfPerson', worker, 'inquiry', $2,
                $3::date + $4::int, 1
            FROM contact.person_looks WHERE looker = $1 LIMIT 1 RETURNING 1""",
            planted.person.subject, words, world.today, days,
        )  # fmt: skip
    looks = (await planted.person.found("GET", "/person/looks", "Looks"))["items"]
    assert [look["about"]["words"] for look in looks if look["purpose"] == "inquiry"] == ["over"]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"reason": "request", "shownFrom": "2100-01-01"}, 409),
        ({"reason": "inquiry", "shownFrom": "2100-01-01"}, 409),  # no rule says how long
        ({"reason": "curiosity"}, 400),
        ({"words": " "}, 400),
        ({"ssin": "85073003329"}, 400),
    ],
)
async def test_a_reason_that_does_not_fit_shows_nothing(
    world: World, planted: Planted, change: dict[str, str], status: int
) -> None:
    """A refusal that tells nothing about the person leaves no row."""
    count = "SELECT count(*) FROM contact.person_looks"
    before = await world.database.value(count)
    answer = await planted.agent.ask("POST", "/persons/data", {**planted.request(), **change})
    assert (answer.status, await world.database.value(count)) == (status, before), answer.body


async def test_a_deceased_person_is_asked_about_through_an_agent(
    world: World, deployment: Endpoints, planted: Planted
) -> None:
    row = make_person()
    person = await log_in(deployment, row["ssin"])
    async with spying(world.document) as spy:
        await register(spy, world, {**row, "deceasedOn": "2026-01-02"})
    assert (await person.ask("GET", "/person/data")).status == 403
    body = {"ssin": row["ssin"], "reason": "request", "words": "Her son asks."}
    found = await planted.agent.found("POST", "/persons/data", "Data", {**body, "reason": "deceased"})
    assert found["isDeceased"]
    looks = await planted.agent.found("POST", "/persons/looks", "Looks", {**body, "reason": "inquiry"})
    assert [look["operation"] for look in looks["items"]] == ["readDataOfPerson"]


@pytest.mark.parametrize(
    ("path", "operation", "more"),
    [
        ("looks", "readLooksAtPerson", {}),
        ("data", "readDataOfPerson", {}),
        ("statement", "readStatementOfPerson", {}),
        ("reports", "reportErrorOfPerson", {"description": "An error."}),
    ],
)
@pytest.mark.parametrize("is_deceased", [True, False])
async def test_a_refusal_that_tells_of_a_death_is_a_look(
    world: World, planted: Planted, path: str, operation: str, more: dict[str, str], is_deceased: bool
) -> None:
    """The agent learns from 409 whether the person is deceased; the reason is recorded, as in the contract.

    Without the row the agent learns nothing (threat T25).
    """
    row = make_person()
    async with spying(world.document) as spy:
        await register(spy, world, {**row, **({"deceasedOn": "2026-01-02"} if is_deceased else {})})
    wrong, right = ("request", "deceased") if is_deceased else ("deceased", "request")
    body = {"ssin": row["ssin"], "words": "Her son asks."}
    refused = await planted.agent.ask("POST", f"/persons/{path}", {**body, **more, "reason": wrong})
    assert (refused.status, refused.json()["type"]) == (409, "urn:problem-type:belgif:conflict")
    looks = await planted.agent.found("POST", "/persons/looks", "Looks", {**body, "reason": right})
    assert [(look["operation"], look["purpose"]) for look in looks["items"]] == [(operation, wrong)]
    await world.database.fetch("REVOKE INSERT ON contact.person_looks FROM dimona_contact")
    try:
        silent = await planted.agent.ask("POST", f"/persons/{path}", {**body, **more, "reason": wrong})
    finally:
        await world.database.fetch("GRANT INSERT ON contact.person_looks TO dimona_contact")
    assert silent.status == 503


async def test_others_get_nothing(
    deployment: Endpoints, data: DemoData, planted: Planted, world: World
) -> None:
    """Clients, lower levels, users without the right, and a login with the number of another person."""
    assert (await planted.person.ask("GET", "/person/data", level=300)).status == 401
    client = Face(deployment, data.client_of("bakery").client_id)
    assert (await client.ask("GET", "/person/data", level=0)).status == 403
    clerk = Face(deployment, data.users["secretariat.clerk"].user_id, AGENT)
    assert (await clerk.ask("POST", "/persons/data", planted.request())).status == 403
    other = await log_in(deployment, planted.ssin, familyName="Anders")
    assert (await other.ask("GET", "/person/data")).status == 403
    refused = "SELECT count(*) FROM contact.refusals WHERE who = $1"
    assert await world.database.value(refused, other.subject) == 1
