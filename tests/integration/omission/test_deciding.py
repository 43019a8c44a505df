"""Candidates until two agents have decided, by API and command; and the audit and the rights."""

from __future__ import annotations

from pathlib import Path

import asyncpg
import pytest

from deploy.local.deployment import Endpoints
from shared.runtime.database import Pool
from tests.integration.omission.conftest import Face
from tests.integration.omission.importing import judged, row, run, worker

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="module")]


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


async def test_an_agent_does_not_act_on_an_own_case(
    pool: Pool, endpoints: Endpoints, file_of_endpoints: Path, tmp_path: Path, face: Face
) -> None:
    """The worker of the case is the agent; another agent acts."""
    ssin = endpoints.data.users["authority.agent"].ssin
    path = f"/omissions/{await candidate(pool, file_of_endpoints, tmp_path, ssin)}"
    heard = {"heardOn": "2026-03-02", "answer": "No answer came."}
    decision = {"decision": "dismissed", "reason": "A mistake."}
    for step, body in (("hearings", heard), ("decisions", decision)):
        refused = await face.ask("POST", f"{path}/{step}", body)
        assert (refused.status, refused.json()["type"]) == (403, "urn:problem-type:belgif:missingPermission")
        done = await face.ask("POST", f"{path}/{step}", body, user="authority.officer")
        assert done.status == 200, done.body


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
