"""Mandates and affiliations through the API: both parties, quarters, published views (decision D34)."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest

from deploy.local.deployment import Endpoints
from shared.domain.calendar import first_day
from shared.runtime.database import Lock, connect
from tests.directory import in_force, later, managed, number_of, proposal, refusals, rows, user

pytestmark = pytest.mark.stack

REPRESENTATIVE = "bakery.representative"


NOW, NEXT, AFTER_NEXT = later(0), later(1), later(2)


async def may_act(endpoints: Endpoints, mandator: str) -> list[tuple[str, str | None]]:
    """Return the rows of the published view about the mandates of an employer for Dimona."""
    found = await rows(
        endpoints,
        """SELECT begin_quarter, end_quarter FROM access.mandates
        WHERE mandator = $1 AND application_group = 'dimona' ORDER BY begin_quarter""",
        mandator,
    )
    return [(row["begin_quarter"], row["end_quarter"]) for row in found]


async def test_a_mandate_is_active_once_both_parties_validate(served: Endpoints) -> None:
    mandator, principal = managed(served, REPRESENTATIVE)
    provider = user(served, "provider.principal")
    answer = principal.ask("POST", "/mandates", proposal(served, mandator))
    mandate = answer.json()
    assert (answer.status, answer.headers["location"]) == (201, f"/mandates/{mandate['id']}")
    assert (mandate["status"], mandate["proposedBy"]) == ("toFinalize", "mandator")
    assert await may_act(served, mandator) == []
    mandate = provider.post(f"/mandates/{mandate['id']}/validations")
    assert mandate["status"] == "active"
    assert {"validatedByMandatorAt", "validatedByMandataryAt"} <= mandate.keys()
    assert await may_act(served, mandator) == [(NOW, None)]
    for side, number in ((principal, mandator), (provider, number_of(served, "provider"))):
        listed = side.get(f"/organizations/{number}/mandates?applicationGroup=dimona")["items"]
        assert mandate in listed
        assert side.get(f"/mandates/{mandate['id']}") == mandate
    revoked = principal.post(f"/mandates/{mandate['id']}/revocations")
    assert (revoked["status"], "endedAt" in revoked) == ("closed", True)
    assert await may_act(served, mandator) == []
    # A revoked mandate may be given again, also for the same quarter.
    assert principal.ask("POST", "/mandates", proposal(served, mandator)).status == 201


async def test_a_local_manager_prepares_and_the_principal_binds(served: Endpoints) -> None:
    mandator, principal = managed(served, REPRESENTATIVE)
    secretariat = user(served, "secretariat.local")
    mandate = secretariat.post("/mandates", proposal(served, mandator, "secretariat"))
    assert (mandate["status"], mandate["proposedBy"]) == ("pending", "mandatary")
    path = f"/mandates/{mandate['id']}"
    assert secretariat.ask("POST", f"{path}/validations").status == 403
    assert user(served, "secretariat.principal").post(f"{path}/validations")["status"] == "toFinalize"
    assert user(served, "secretariat.principal").post(f"{path}/validations")["status"] == "toFinalize"
    assert await may_act(served, mandator) == []
    assert principal.post(f"{path}/validations")["status"] == "active"
    assert user(served, "secretariat.principal").ask("POST", f"{path}/validations").status == 409


async def test_a_refused_mandate_is_never_active(served: Endpoints) -> None:
    mandator, principal = managed(served, REPRESENTATIVE)
    mandate = principal.post("/mandates", proposal(served, mandator))
    path = f"/mandates/{mandate['id']}"
    assert principal.ask("POST", f"{path}/revocations").status == 409
    assert user(served, "provider.principal").post(f"{path}/refusals")["status"] == "refused"
    for act in ("validations", "refusals", "revocations"):
        assert principal.ask("POST", f"{path}/{act}").status == 409
    assert await may_act(served, mandator) == []


async def test_a_mandate_of_others_is_404(served: Endpoints) -> None:
    mandator, principal = managed(served, REPRESENTATIVE)
    mandate = principal.post("/mandates", proposal(served, mandator))
    stranger = user(served, "secretariat.principal")
    path = f"/mandates/{mandate['id']}"
    assert stranger.ask("GET", path).status == 404
    for act in ("validations", "refusals", "revocations"):
        assert stranger.ask("POST", f"{path}/{act}").status == 404
    assert stranger.ask("PUT", f"{path}/endQuarter", {"endQuarter": NOW}).status == 404
    assert stranger.ask("POST", "/mandates", proposal(served, mandator)).status == 403
    assert stranger.ask("GET", f"/organizations/{mandator}/mandates").status == 403
    parties = [mandator, number_of(served, "provider")]
    for operation in ("readMandate", "validateMandate", "refuseMandate", "revokeMandate", "shortenMandate"):
        assert parties in await refusals(served, stranger, operation)
    assert principal.get(path)["status"] == "toFinalize"


@pytest.mark.parametrize(
    ("change", "issue"),
    [
        ({"beginQuarter": "2020Q1"}, "beginQuarter"),
        ({"beginQuarter": NEXT, "endQuarter": NOW}, "endQuarter"),
        ({"beginQuarter": "2026Q5"}, "beginQuarter"),
        ({"applicationGroup": "contributions"}, "applicationGroup"),
        ({"applicationGroup": "anything"}, "applicationGroup"),
        ({"replaces": "8c7d5a0e-5b55-4b1a-9d65-0d1b6f3b9c11", "beginQuarter": NEXT}, "replaces"),
    ],
)
async def test_an_invalid_proposal_is_refused(served: Endpoints, change: dict[str, Any], issue: str) -> None:
    number = number_of(served, "bakery")
    answer = user(served, "bakery.principal").ask("POST", "/mandates", proposal(served, number, **change))
    assert (answer.status, [each["name"] for each in answer.json()["issues"]]) == (400, [issue])


async def test_only_a_registered_mandatary_gets_a_mandate(served: Endpoints) -> None:
    number, principal = number_of(served, "bakery"), user(served, "bakery.principal")
    for mandatary in ("hotel", "bakery"):
        answer = principal.ask("POST", "/mandates", proposal(served, number, mandatary))
        assert [each["name"] for each in answer.json()["issues"]] == ["mandatary"]


async def test_a_province_or_town_can_mandate_but_pays_itself(
    served: Endpoints,
) -> None:
    mandator, principal = managed(served, REPRESENTATIVE, provincialOrLocal=True)
    for mandatary in ("secretariat", "provider"):
        for group in ("dimona", "personnelFile", "other"):
            body = proposal(served, mandator, mandatary, applicationGroup=group)
            assert principal.ask("POST", "/mandates", body).status == 201
    paid = proposal(served, mandator, "secretariat", applicationGroup="contributions")
    assert principal.ask("POST", "/mandates", paid).status == 400
    private, manager = managed(served, REPRESENTATIVE)
    paid["mandator"] = private
    assert manager.ask("POST", "/mandates", paid).status == 201


async def test_an_employer_can_mandate_some_application_groups_only(served: Endpoints) -> None:
    mandator, principal = managed(served, REPRESENTATIVE)
    body = proposal(served, mandator, applicationGroup="dmfa")
    mandate = principal.post("/mandates", body)
    user(served, "provider.principal").post(f"/mandates/{mandate['id']}/validations")
    assert await may_act(served, mandator) == []
    listed = await rows(served, "SELECT application_group FROM access.mandates WHERE mandator = $1", mandator)
    assert listed == [{"application_group": "dmfa"}]


async def test_two_parties_have_one_mandate_for_a_quarter(served: Endpoints) -> None:
    mandator, principal = managed(served, REPRESENTATIVE)
    principal.post("/mandates", proposal(served, mandator, endQuarter=NEXT))
    for begin in (NOW, NEXT):
        again = proposal(served, mandator, beginQuarter=begin)
        assert principal.ask("POST", "/mandates", again).status == 409
    assert (
        principal.ask("POST", "/mandates", proposal(served, mandator, beginQuarter=AFTER_NEXT)).status == 201
    )
    several = proposal(served, mandator, "secretariat")
    assert principal.ask("POST", "/mandates", several).status == 201


async def test_another_mandatary_takes_over_at_the_start_of_a_quarter(served: Endpoints) -> None:
    mandator, principal = managed(served, REPRESENTATIVE)
    old = in_force(served, principal, proposal(served, mandator), "provider.principal")
    body = proposal(served, mandator, "secretariat", replaces=old["id"])
    assert principal.ask("POST", "/mandates", body).status == 400
    new = in_force(served, principal, {**body, "beginQuarter": NEXT}, "secretariat.principal")
    assert new["replaces"] == old["id"]
    assert await may_act(served, mandator) == [(NOW, NOW), (NEXT, None)]
    assert user(served, "provider.principal").get(f"/mandates/{old['id']}")["endQuarter"] == NOW


async def test_a_mandatary_replaced_before_the_start_never_starts(served: Endpoints) -> None:
    mandator, principal = managed(served, REPRESENTATIVE)
    planned = proposal(served, mandator, beginQuarter=AFTER_NEXT)
    old = in_force(served, principal, planned, "provider.principal")
    body = proposal(served, mandator, "secretariat", replaces=old["id"], beginQuarter=NEXT)
    in_force(served, principal, body, "secretariat.principal")
    assert await may_act(served, mandator) == [(NEXT, None)]
    assert principal.get(f"/mandates/{old['id']}")["status"] == "closed"


async def test_one_party_alone_can_only_bring_the_end_forward(served: Endpoints) -> None:
    mandator, principal = managed(served, REPRESENTATIVE)
    mandate = in_force(served, principal, proposal(served, mandator), "provider.principal")
    path = f"/mandates/{mandate['id']}/endQuarter"
    for quarter_, status in ((AFTER_NEXT, 200), (NEXT, 200), (AFTER_NEXT, 400), ("2020Q1", 400)):
        assert principal.ask("PUT", path, {"endQuarter": quarter_}).status == status
    assert await may_act(served, mandator) == [(NOW, NEXT)]


async def test_changes_of_one_organization_follow_each_other(served: Endpoints) -> None:
    """A change waits for the previous one, and is checked against its result."""
    mandator, principal = managed(served, REPRESENTATIVE)
    body = proposal(served, mandator)
    owner = await connect(served.postgres_dsn)
    try:
        async with owner.transaction():
            await owner.execute("SELECT pg_advisory_xact_lock($1, hashtext($2))", Lock.DIRECTORY, mandator)
            asked = [asyncio.create_task(asyncio.to_thread(principal.ask, "POST", "/mandates", body))]
            asked += [asyncio.create_task(asyncio.to_thread(principal.ask, "POST", "/mandates", body))]
            done, _ = await asyncio.wait(asked, timeout=0.7)
            assert not done
    finally:
        await owner.close()
    assert sorted(answer.status for answer in await asyncio.gather(*asked)) == [201, 409]
    assert len(principal.get(f"/organizations/{mandator}/mandates")["items"]) == 1


async def test_long_lists_come_in_pages(served: Endpoints) -> None:
    mandator, principal = managed(served, REPRESENTATIVE)
    for group in ("dimona", "dmfa", "personnelFile", "other"):
        principal.post("/mandates", proposal(served, mandator, applicationGroup=group))
    path, seen = f"/organizations/{mandator}/mandates?pageSize=3", []
    while path:
        page = principal.get(path)
        seen += [item["id"] for item in page["items"]]
        path = page.get("next", "").removeprefix(served.api_url("access"))
    assert len(seen) == len(set(seen)) == 4
    assert principal.ask("GET", f"/organizations/{mandator}/mandates?pageSize=0").status == 400
    assert principal.ask("GET", f"/organizations/{mandator}/mandates?size=3").status == 400


async def affiliated(endpoints: Endpoints, employer: str) -> list[tuple[date, date | None]]:
    found = await rows(
        endpoints,
        "SELECT valid_from, valid_until FROM access.affiliations WHERE employer = $1 ORDER BY 1",
        employer,
    )
    return [(row["valid_from"], row["valid_until"]) for row in found]


async def today(endpoints: Endpoints) -> date:
    (row,) = await rows(endpoints, "SELECT (platform.now() AT TIME ZONE 'Europe/Brussels')::date AS day")
    day: date = row["day"]
    return day


async def test_one_affiliation_at_a_time_from_a_day_or_a_quarter(served: Endpoints) -> None:
    employer, principal = managed(served, REPRESENTATIVE)
    secretariat, day = number_of(served, "secretariat"), await today(served)
    body = {"employer": employer, "secretariat": secretariat}
    first = principal.post("/affiliations", {**body, "validFrom": day.isoformat()})
    assert await affiliated(served, employer) == [(day, None)]
    next_quarter = first_day(NEXT)
    principal.post("/affiliations", {**body, "beginQuarter": NEXT})
    assert await affiliated(served, employer) == [(day, next_quarter - timedelta(1)), (next_quarter, None)]
    # Another choice from tomorrow on replaces the choice that was planned for later.
    tomorrow = day + timedelta(1)
    last = principal.post("/affiliations", {**body, "validFrom": tomorrow.isoformat()})
    assert await affiliated(served, employer) == [(day, day), (tomorrow, None)]
    items = user(served, "secretariat.clerk", 300).get(f"/organizations/{secretariat}/affiliations")["items"]
    assert {first["id"], last["id"]} <= {item["id"] for item in items}
    ended = user(served, "secretariat.principal").ask(
        "PATCH", f"/affiliations/{last['id']}", {"validUntil": tomorrow.isoformat()}
    )
    assert (ended.status, ended.json()["validUntil"]) == (200, tomorrow.isoformat())
    stranger = user(served, "provider.principal")
    assert stranger.ask("PATCH", f"/affiliations/{last['id']}", {"validUntil": NOW}).status == 400
    late = {"validUntil": tomorrow.isoformat()}
    assert stranger.ask("PATCH", f"/affiliations/{last['id']}", late).status == 404


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"validFrom": "2020-01-01"}, "validFrom"),
        ({"beginQuarter": "2020Q1"}, "beginQuarter"),
        ({"beginQuarter": NEXT, "validFrom": "2030-01-01"}, "validFrom"),
        ({}, "validFrom"),
    ],
)
async def test_when_no_affiliation_begins(served: Endpoints, change: dict[str, str], name: str) -> None:
    body = {
        "employer": number_of(served, "bakery"),
        "secretariat": number_of(served, "secretariat"),
        **change,
    }
    answer = user(served, "bakery.principal").ask("POST", "/affiliations", body)
    assert (answer.status, [each["name"] for each in answer.json()["issues"]]) == (400, [name])


async def test_permitted_affiliations(served: Endpoints) -> None:
    """Only private employers affiliate, and only to approved secretariats (decision D34)."""
    town, principal = managed(served, REPRESENTATIVE, provincialOrLocal=True)
    body = {"employer": town, "secretariat": number_of(served, "secretariat"), "beginQuarter": NEXT}
    assert principal.ask("POST", "/affiliations", body).status == 400
    private, manager = managed(served, REPRESENTATIVE)
    provider = {**body, "employer": private, "secretariat": number_of(served, "provider")}
    assert manager.ask("POST", "/affiliations", provider).status == 400
    secretariat = user(served, "secretariat.principal")
    assert secretariat.ask("POST", "/affiliations", {**body, "employer": private}).status == 403
    assert [private, number_of(served, "secretariat")] in await refusals(served, secretariat, "affiliate")
