"""Worked days against the declarations of a real database, from the file to the decision of two agents."""

from __future__ import annotations

import asyncio
import csv
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio
from joserfc.jwk import ECKey
from pydantic import SecretStr
from typer.testing import CliRunner, Result

from deploy.local.demo.numbers import make_enterprise_number, make_ssin
from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from services.cli.main import commands
from services.personnel_file.api import app
from services.personnel_file.mutation.handler import Mutation, apply_mutations
from services.personnel_file.omission.channels import COLUMNS
from services.personnel_file.settings import PersonnelFileSettings
from shared.messages import IdentificationEnded, Person, WorkerNumberReplaced
from shared.runtime.database import Pool, Transaction, open_pool
from shared.runtime.outgoing import OutgoingTable
from shared.runtime.stage import Gate, Stage
from shared.runtime.tokens import Verifier
from shared.topology import Deployment
from tests.asgi import Answer, call
from tests.integration.settling import NOW, changed, engage, settle
from tests.outgoing import NothingToPublish
from tests.tokens import bearer

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="module")]

OTH = {"workerType": "OTH", "jointCommissionNumber": "XXX"}
DAY = date(2026, 2, 20)
HOUR = timedelta(hours=1)
EMPLOYER, USER = make_enterprise_number(71_001), make_enterprise_number(71_002)
_serials, _orders = count(), count(1)


@pytest.fixture(scope="module")
def endpoints(stack: Stack) -> Endpoints:
    """Return a deployment of its own, without services."""
    return stack.provision(Deployment("omission"), "omission")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool(endpoints: Endpoints) -> AsyncIterator[Pool]:
    """Open connections of the personnel file."""
    pool = await open_pool(endpoints.dsns["personnel_file"], "personnel_file")
    yield pool
    await pool.close()


@pytest.fixture(scope="module")
def file_of_endpoints(endpoints: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of endpoints of the deployment."""
    file = tmp_path_factory.mktemp("omission") / "endpoints.json"
    file.write_text(json.dumps(endpoints.document()))
    return file


def worker() -> str:
    """Return a valid NISS that only one test uses."""
    nth = next(_serials)
    return make_ssin(f"19{60 + nth // 28 % 30}-05-{1 + nth % 28:02}", 1, nth % 49)


def row(ssin: str, **values: str) -> dict[str, str]:
    """Return a finding of DAY, an hour after the declarations; `values` replace its fields."""
    found = {
        "enterpriseNumber": EMPLOYER, "ssin": ssin, "day": str(DAY), "source": "inspector",
        "reference": f"R-{uuid4()}", "foundAt": (NOW + HOUR).isoformat(),
    }  # fmt: skip
    return found | values


def write(folder: Path, rows: Sequence[Mapping[str, str]], suffix: str = ".csv") -> Path:
    """Write a file of findings in one of both forms."""
    file = folder / f"{uuid4()}{suffix}"
    with file.open("w", newline="") as out:
        if suffix == ".csv":
            writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        else:
            out.writelines(json.dumps(row) + "\n" for row in rows)
    return file


async def run(file_of_endpoints: Path, *words: str) -> Result:
    """Run `dimona omission`."""
    command = ["omission", *words, "--endpoints", str(file_of_endpoints)]
    return await asyncio.to_thread(CliRunner().invoke, commands, command)


async def outcomes(pool: Pool, rows: Sequence[Mapping[str, str]]) -> list[str | None]:
    """Return the outcome of each finding, by its reference; None while it is pending."""
    found = await pool.fetch(
        """SELECT f.reference, j.outcome FROM omission_findings f
        LEFT JOIN omission_judgements j USING (file_id, line) WHERE f.reference = ANY($1::text[])""",
        [row["reference"] for row in rows],
    )
    by_reference = {each["reference"]: each["outcome"] for each in found}
    return [by_reference[row["reference"]] for row in rows]


async def judged(pool: Pool, endpoints: Path, folder: Path, rows: Sequence[Mapping[str, str]]) -> list[Any]:
    """Import findings and return their outcomes."""
    done = await run(endpoints, "import", str(write(folder, rows)))
    assert done.exit_code == 0, done.output
    return await outcomes(pool, rows)


def excused(in_: IdentificationEnded) -> IdentificationEnded:
    """Return an IN received two hours after the finding, after three hours of outage."""
    later = {"received_at": NOW + 2 * HOUR, "late_after": NOW - HOUR}
    return in_.model_copy(update={"declaration": in_.declaration.model_copy(update=later)})


def later(in_: IdentificationEnded) -> IdentificationEnded:
    """Return an IN received two hours after the finding."""
    at = {"received_at": NOW + 2 * HOUR, "late_after": NOW + 2 * HOUR}
    return in_.model_copy(update={"declaration": in_.declaration.model_copy(update=at)})


async def test_each_outcome_of_a_file(pool: Pool, file_of_endpoints: Path, tmp_path: Path) -> None:
    """The declarations are settled by the step; hours, a user and a canceled period among them."""
    agency = {
        **OTH, "jointCommissionNumber": "322",
        "usingEmployer": {"jointCommissionNumber": "XXX", "enterpriseNumber": USER},
    }  # fmt: skip
    evening = {"startHour": "1800", "endHour": "2200"}
    extra = {"workerType": "EXT", "jointCommissionNumber": "302"}
    covered, sent, late, waited, none, hours, gone = (worker() for _ in range(7))
    before = date(2026, 2, 1)
    canceled = engage(EMPLOYER, gone, before, OTH, DAY)
    arrived = [
        engage(EMPLOYER, covered, before, OTH, DAY),
        engage(EMPLOYER, sent, before, agency, DAY),
        later(engage(EMPLOYER, late, before, OTH, DAY)),
        excused(engage(EMPLOYER, waited, DAY, OTH, DAY)),
        engage(EMPLOYER, hours, DAY, extra, DAY, **evening),
        canceled,
    ]
    assert len(await settle(pool, *arrived)) == len(arrived)
    await settle(pool, changed(canceled, "dimonaCancel"))
    rows = [
        row(covered),
        row(sent, enterpriseNumber=USER),
        row(late),
        row(waited),
        row(none),
        row(hours, startHour="1400", endHour="1600"),
        row(hours, startHour="1800", endHour="2100"),
        row(gone),
        row(none, status="VOLUNTEER"),
        row(covered, day="2026-02-01", foundAt="2026-02-02T09:00:00+01:00"),
    ]
    found = await judged(pool, file_of_endpoints, tmp_path, rows)
    assert found == [
        "covered", "covered", "declared_after", "excused", "omitted", "to_clarify", "covered", "omitted",
        "exempt", "declared_after",
    ]  # fmt: skip


async def test_a_file_has_one_effect(pool: Pool, file_of_endpoints: Path, tmp_path: Path) -> None:
    rows = [row(worker()), row(worker())]
    first, lines = write(tmp_path, rows), write(tmp_path, rows, ".jsonl")
    assert "2 day(s) imported" in (await run(file_of_endpoints, "import", str(first))).output
    counted = "SELECT count(*) FROM omission_findings"
    before = await pool.fetchval(counted)
    assert "is known" in (await run(file_of_endpoints, "import", str(first))).output
    assert await pool.fetchval(counted) == before
    for row_ in rows:
        row_["reference"] = f"R-{uuid4()}"
    assert (await run(file_of_endpoints, "import", str(write(tmp_path, rows, ".jsonl")))).exit_code == 0
    assert await outcomes(pool, rows) == ["omitted", "omitted"]
    assert lines.exists()


async def test_a_wrong_line_refuses_the_whole_file(
    pool: Pool, file_of_endpoints: Path, tmp_path: Path
) -> None:
    files = "SELECT count(*) FROM omission_files"
    before = await pool.fetchval(files)
    file = write(tmp_path, [row(worker()), row(worker(), day="2026-02-30"), row(worker())])
    done = await run(file_of_endpoints, "import", str(file))
    assert done.exit_code != 0
    assert "line 3: day" in " ".join(done.output.replace("│", " ").split())
    assert await pool.fetchval(files) == before


async def test_replaced_numbers_change_no_outcome(
    pool: Pool, file_of_endpoints: Path, tmp_path: Path
) -> None:
    """Two relations become one: the periods move, and the history tells the rest."""
    old, new, alone = worker(), worker(), worker()
    before = date(2026, 2, 1)
    closed = engage(EMPLOYER, old, date(2026, 1, 5), OTH, date(2026, 1, 30))
    await settle(pool, closed, engage(EMPLOYER, new, before, OTH, DAY))
    await settle(pool, engage(EMPLOYER, alone, before, OTH, DAY))

    def findings() -> list[dict[str, str]]:
        days = ("2026-01-04", "2026-01-05", "2026-01-30", "2026-01-31", "2026-02-01", str(DAY))
        return [row(ssin, day=day) for ssin in (old, new, alone) for day in days]

    once = findings()
    first = await judged(pool, file_of_endpoints, tmp_path, once)
    assert set(first) == {"covered", "omitted"}
    in_force = worker()
    replacements: list[Mutation] = [_replaced(new, old), _replaced(in_force, alone)]
    async with pool.acquire() as connection, connection.transaction():
        await apply_mutations(Transaction(connection, NOW + 9 * HOUR), replacements)
    again = findings()
    second = await judged(pool, file_of_endpoints, tmp_path, again)
    of_pair = list(zip(first[:6], first[6:12], strict=True))
    joined = ["covered" if "covered" in each else "omitted" for each in of_pair]
    assert (second[:6], second[6:12], second[12:]) == (joined, joined, first[12:])


def _replaced(ssin: str, former: str) -> WorkerNumberReplaced:
    person = Person(
        ssin=ssin, family_name="P", given_name="A", birth_date="2000-01-01", gender=1, nationality=150,
        former_ssins=(former,),
    )  # fmt: skip
    return WorkerNumberReplaced(worker=person, order=next(_orders), effective_on=DAY)


async def test_a_pending_day_is_judged_when_the_identification_has_ended(
    pool: Pool, endpoints: Endpoints, file_of_endpoints: Path, tmp_path: Path
) -> None:
    pending, employer = worker(), make_enterprise_number(71_009)
    in_ = engage(employer, pending, date(2026, 2, 1), OTH, DAY).declaration
    owner = await asyncpg.connect(endpoints.superuser_dsn)
    await owner.execute(
        """INSERT INTO identification.cases (declaration_id, declaration, opened_at, deadline)
        VALUES ($1, $2, $3, $3)""",
        in_.number, in_.model_dump_json(by_alias=True), NOW,
    )  # fmt: skip
    rows = [row(pending, enterpriseNumber=employer)]
    assert await judged(pool, file_of_endpoints, tmp_path, rows) == [None]
    await owner.execute(
        "UPDATE identification.cases SET state = 'given_up', closed_at = opened_at WHERE declaration_id = $1",
        in_.number,
    )
    await owner.close()
    await judged(pool, file_of_endpoints, tmp_path, [row(worker())])
    assert await outcomes(pool, rows) == ["omitted"]


class Face:
    """The API of the personnel file for the two agents of the authority, without a server."""

    def __init__(self, endpoints: Endpoints, pool: Pool) -> None:
        self._endpoints = endpoints
        settings = PersonnelFileSettings(
            database_dsn=SecretStr("-"), amqp_url=SecretStr("amqp://"), key=SecretStr("ab" * 32)
        )
        nothing = cast("OutgoingTable", NothingToPublish())
        stage = Stage("personnel_file", endpoints.dsns["personnel_file"], pool, nothing, nothing, {}, Gate())
        self._api = app(settings, stage)

    async def ask(
        self, method: str, path: str, body: Any = b"", *, user: str = "authority.agent", level: int = 400
    ) -> Answer:
        """Return the answer to a request of a user."""
        subject = self._endpoints.data.users[user].user_id
        headers = bearer(self._endpoints, subject, "scope:dimona:agent", level=level)
        return await call(self._api, method, path, headers, body)


@pytest.fixture
def face(endpoints: Endpoints, pool: Pool, monkeypatch: pytest.MonkeyPatch) -> Face:
    key = ECKey.import_key(json.loads(endpoints.token_key))

    async def keys(_url: str) -> Mapping[str, Any]:
        return {"keys": [{**key.as_dict(private=False), "kid": key.thumbprint()}]}

    verifier = Verifier(endpoints.api_url("access"), f"urn:{endpoints.deployment.name}", "", fetch=keys)
    monkeypatch.setattr(Verifier, "of", lambda _settings: verifier)
    return Face(endpoints, pool)


async def candidate(pool: Pool, endpoints: Path, folder: Path, ssin: str, **values: str) -> int:
    """Import a day that was not declared and return its case."""
    assert await judged(pool, endpoints, folder, [row(ssin, **values)]) == ["omitted"]
    id_: int = await pool.fetchval("SELECT max(case_id) FROM omission_cases WHERE ssin = $1", ssin)
    return id_


async def test_two_agents_decide_after_the_hearing(
    pool: Pool, file_of_endpoints: Path, tmp_path: Path, face: Face
) -> None:
    ssin = worker()
    case = await candidate(pool, file_of_endpoints, tmp_path, ssin)
    path, decision = f"/omissions/{case}", {"decision": "confirmed", "reason": "Nothing was declared."}
    assert (await face.ask("POST", f"{path}/decisions", decision)).status == 409
    future = {"heardOn": "2999-01-01", "answer": "He was ill."}
    assert (await face.ask("POST", f"{path}/hearings", future)).status == 409
    heard = await face.ask("POST", f"{path}/hearings", future | {"heardOn": "2026-03-02"})
    assert heard.json() == {"caseId": case, "state": "heard"}
    assert (await face.ask("POST", f"{path}/decisions", decision)).json()["state"] == "proposed"
    assert (await face.ask("POST", f"{path}/decisions", decision)).status == 409
    ended = await face.ask("POST", f"{path}/decisions", decision, user="authority.officer")
    assert ended.json()["state"] == "confirmed"
    assert (await face.ask("POST", f"{path}/decisions", decision, user="authority.officer")).status == 409
    whole = (await face.ask("GET", path)).json()
    assert (whole["ssin"], whole["state"], whole["days"]) == (ssin, "confirmed", 1)
    assert [step["action"] for step in whole["steps"]] == ["heard", "confirmed", "confirmed"]
    assert len({step["agent"] for step in whole["steps"][1:]}) == 2
    assert whole["steps"][0]["words"] == "He was ill."
    [finding] = whole["findings"]
    assert (finding["outcome"], len(finding["fileSha256"]), finding["line"]) == ("omitted", 64, 2)
    assert whole["contribution"]["known"] is False


async def test_a_new_day_opens_the_case_again(
    pool: Pool, file_of_endpoints: Path, tmp_path: Path, face: Face
) -> None:
    ssin = worker()
    case = await candidate(pool, file_of_endpoints, tmp_path, ssin)
    path, decision = f"/omissions/{case}", {"decision": "dismissed", "reason": "A mistake of the register."}
    await face.ask("POST", f"{path}/hearings", {"heardOn": "2026-03-02", "answer": "No answer came."})
    await face.ask("POST", f"{path}/decisions", decision)
    await face.ask("POST", f"{path}/decisions", decision, user="authority.officer")
    assert (await face.ask("GET", path)).json()["state"] == "dismissed"
    assert await candidate(pool, file_of_endpoints, tmp_path, ssin, day="2026-02-19") == case
    whole = (await face.ask("GET", path)).json()
    assert (whole["state"], whole["days"]) == ("open", 2)
    assert (await face.ask("POST", f"{path}/decisions", decision)).status == 409


async def test_the_contribution_of_a_published_year_is_shown(
    pool: Pool, file_of_endpoints: Path, tmp_path: Path, face: Face
) -> None:
    case = await candidate(
        pool, file_of_endpoints, tmp_path, worker(), day="2024-05-06", foundAt="2024-05-06T10:00:00Z"
    )
    found = (await face.ask("GET", f"/omissions/{case}")).json()["contribution"]
    assert (found["minimum"], found["atLeast"], found["year"]) == ("3464.01", "3464.01", 2024)
    shown = await run(file_of_endpoints, "show", str(case))
    assert "3464.01" in shown.output


async def test_each_look_is_recorded(
    pool: Pool, endpoints: Endpoints, file_of_endpoints: Path, tmp_path: Path, face: Face
) -> None:
    """Also at a case that does not exist, and by a command. Without the row no data are shown."""
    case = await candidate(pool, file_of_endpoints, tmp_path, worker())
    await face.ask("GET", f"/omissions/{case}")
    assert (await face.ask("GET", "/omissions/999999999")).status == 404
    listed = (await face.ask("GET", f"/omissions?after={case - 1}&pageSize=1&state=open")).json()
    assert [item["caseId"] for item in listed["items"]] == [case]
    assert listed["nextAfter"] == case
    assert str(case) in (await run(file_of_endpoints, "list", "--after", str(case - 1))).output
    owner = await asyncpg.connect(endpoints.superuser_dsn)
    looks = await owner.fetch(
        "SELECT operation FROM personnel_file.omission_readings WHERE $1 = ANY(cases) ORDER BY seq", case
    )
    assert [look["operation"] for look in looks] == ["getOmission", "getOmissions", "command"]
    await owner.execute("REVOKE INSERT ON personnel_file.omission_readings FROM dimona_personnel_file")
    assert (await face.ask("GET", f"/omissions/{case}")).status >= 500
    await owner.execute("GRANT INSERT ON personnel_file.omission_readings TO dimona_personnel_file")
    await owner.close()


@pytest.mark.parametrize(
    ("user", "level", "status"), [("bakery.principal", 400, 403), ("authority.agent", 300, 401)]
)
async def test_others_see_and_decide_nothing(face: Face, user: str, level: int, status: int) -> None:
    for method, path, body in (
        ("GET", "/omissions", b""),
        ("GET", "/omissions/1", b""),
        ("POST", "/omissions/1/hearings", {"heardOn": "2026-03-02", "answer": "x"}),
        ("POST", "/omissions/1/decisions", {"decision": "confirmed", "reason": "x"}),
    ):
        assert (await face.ask(method, path, body, user=user, level=level)).status == status


async def test_an_operator_decides_by_command(pool: Pool, file_of_endpoints: Path, tmp_path: Path) -> None:
    case = str(await candidate(pool, file_of_endpoints, tmp_path, worker()))
    early = await run(file_of_endpoints, "decide", case, "confirm", "--reason", "seen")
    assert "hear the employer first" in early.output
    heard = await run(file_of_endpoints, "hear", case, "--on", "2026-03-02", "--reason", "no answer")
    assert "heard now" in heard.output
    decided = await run(file_of_endpoints, "decide", case, "dismiss", "--reason", "seen")
    assert "proposed now" in decided.output
    again = await run(file_of_endpoints, "decide", case, "confirm", "--reason", "seen")
    assert again.exit_code != 0
    assert "another agent decides" in again.output


_GRANTS = """
SELECT c.relname || ' ' || g.grantee::regrole || ' ' || g.privilege_type AS granted
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) AS g
WHERE n.nspname = 'personnel_file' AND c.relkind = 'r' AND c.relname LIKE 'omission%'
    AND g.grantee <> c.relowner"""
_NUMBERS = """
SELECT c.relname || '.' || a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'personnel_file' AND c.relname LIKE 'omission%' AND a.attnum > 0
    AND a.atttypid IN ('numeric'::regtype, 'money'::regtype, 'real'::regtype, 'float8'::regtype)"""


async def test_no_role_can_fine(endpoints: Endpoints) -> None:
    """No table has an amount. No role changes findings or judgements; agents only add steps and readings."""
    owner = await asyncpg.connect(endpoints.superuser_dsn)
    granted = {each["granted"] for each in await owner.fetch(_GRANTS)}
    amounts = await owner.fetch(_NUMBERS)
    await owner.close()
    assert amounts == []
    tables = ("files", "findings", "judgements", "counts", "cases", "steps", "readings")
    service = {f"omission_{table} dimona_personnel_file SELECT" for table in tables[:-1]} | {
        f"omission_{table} dimona_personnel_file INSERT" for table in ("steps", "readings")
    }
    operators = {
        f"omission_{table} dimona_operator {right}" for table in tables for right in ("SELECT", "INSERT")
    }
    assert granted == service | operators
