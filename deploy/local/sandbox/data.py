"""The data of the sandbox: organizations and clients of the demo, test employers and test workers.

The sandbox has no institutions, so no event of the feed leaves it.
"""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import date
from typing import Any

from deploy.local.demo.data import DemoData, generate
from deploy.local.demo.directory import DEFAULT_PORTAL_URL
from deploy.local.sandbox import canary
from deploy.local.sandbox.employers import (
    TEST_EMPLOYERS,
    UNKNOWN_EMPLOYER_IDS,
    UNKNOWN_ENTERPRISES,
    mandates_of,
)
from deploy.local.sandbox.scenarios import OWN, Surroundings, scenarios
from shared.domain.calendar import quarter, quarter_before


class SandboxData(DemoData):
    """The demo data without institutions, with test employers, test workers and the canary."""

    @property
    def signers(self) -> list[str]:
        """Return the clients with a key of their own: those of integrators, and the canary."""
        return [*super().signers, canary.CLIENT]

    def access_json(self, portal_url: str = DEFAULT_PORTAL_URL) -> str:
        """Return the document that `python -m services.access load` reads, with the test employers."""
        document: dict[str, Any] = json.loads(super().access_json(portal_url))
        programs = sorted({client.organization for client in self.clients})
        for row in document["organizations"]:
            if row["enterpriseNumber"] in programs:
                row.setdefault("mandatary", "service_provider")
        document["clients"].append(canary.client())
        document["mandates"] += [mandate.document() for mandate in mandates_of(programs)]
        return json.dumps(document, ensure_ascii=False, indent=1)

    def register_json(self) -> str:
        """Return the document that `python -m services.identification load` reads, with the test workers."""
        document: dict[str, Any] = json.loads(super().register_json())
        for scenario in scenarios().values():
            document["persons"] += scenario.test_worker.rows(
                replaced=scenario.replaced, unregistered=scenario.unregistered
            )
            if scenario.career is not None:
                document["careers"] += [
                    {"ssin": scenario.test_worker.ssin, "quarter": worked, "share": scenario.career}
                    for worked in (quarter_before(quarter(self.today), count) for count in (3, 2))
                ]
        document["persons"] += canary.WORKER.rows(replaced=False, unregistered=False)
        return json.dumps(document, ensure_ascii=False, indent=1)


def sandbox(today: date, seed: int) -> SandboxData:
    """Return the data of the sandbox on this day; `seed` decides names and numbers."""
    demo = generate(today, seed)
    employers = {employer.role: employer for employer in (*TEST_EMPLOYERS, canary.ORGANIZATION)}
    without = replace(demo, institutions=(), organizations={**demo.organizations, **employers})
    return SandboxData(**{field.name: getattr(without, field.name) for field in fields(DemoData)})


def surroundings(data: DemoData, own: str) -> Surroundings:
    """Return the values that replace texts in the scenarios.

    `own` is the enterprise number of the organization that plays the role `own`.
    """
    named = {employer.role: employer for employer in TEST_EMPLOYERS}
    named[OWN] = next(each for each in data.organizations.values() if each.enterprise_number == own)
    known = {role: each.employer for role, each in named.items() if each.employer is not None}
    return Surroundings(
        data.today,
        {role: each.enterprise_number for role, each in named.items()} | UNKNOWN_ENTERPRISES,
        {role: employer.employer_id for role, employer in known.items()} | UNKNOWN_EMPLOYER_IDS,
    )
