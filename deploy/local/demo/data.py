"""The demo data: employers, mandates and the person register.

`generate` gives equal organizations and people for equal seeds on every day. Only dates that must lie in the
past or in the future, such as the end of an ended mandate, depend on `today`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from random import Random
from typing import Any, Final

from deploy.local.demo.directory import (
    CLIENTS,
    DEFAULT_PORTAL_URL,
    FEED,
    INSTITUTIONS,
    ORGANIZATIONS,
    SCOPES,
    Organization,
    affiliations,
    authorization,
    mandates,
    portal_client,
    reader_of,
)
from deploy.local.demo.numbers import make_enterprise_number
from deploy.local.demo.people import DemoPerson, people
from deploy.local.demo.users import USERS, User, worker_of
from shared.domain.calendar import quarter, quarter_before
from shared.domain.rights import Right

WORKERS: Final = 480
STRANGERS: Final = 40
BEGINNERS: Final = 12
#: Serial numbers of enterprises in the register that are not registered as employers.
UNREGISTERED: Final = range(40_001, 42_001)
#: One of so many persons of the register has a career that allows flexi-jobs.
_EXPERIENCED: Final = 20


@dataclass(frozen=True, slots=True)
class Client:
    """A technical client, its organization, and the employers for which it may declare on the present day."""

    client_id: str
    organization: str  #: enterprise number
    #: enterprise numbers, its own first; employers with compulsory sub-entities are left out
    employers: tuple[str, ...]
    scopes: tuple[str, ...]  #: beyond those that every client has

    def document(self) -> dict[str, Any]:
        """Return the client in the form of the file that services/access loads."""
        return {
            "clientId": self.client_id,
            "organization": self.organization,
            "queue": True,
            "scopes": list(self.scopes),
        }


@dataclass(frozen=True, slots=True)
class DemoData:
    """The invented data of demo, tests and benchmarks."""

    today: date
    organizations: Mapping[str, Organization]  #: by role: `bakery`, `secretariat`, …
    clients: tuple[Client, ...]
    institutions: tuple[str, ...]
    people: tuple[DemoPerson, ...]  #: people in the person register
    strangers: tuple[DemoPerson, ...]  #: people that are not in the person register (yet)
    users: Mapping[str, User]  #: persons that log in, by name: `bakery.local`, …
    beginners: tuple[DemoPerson, ...]  #: people in the register with a career that allows no flexi-job

    @property
    def workers(self) -> list[str]:
        """Return the NISS of every person in the register."""
        return [person.ssin for person in self.people]

    @property
    def signers(self) -> list[str]:
        """Return the clients with a key of their own: those of integrators, and those that read feeds."""
        return [*(client.client_id for client in self.clients), *map(reader_of, self.institutions)]

    @property
    def unknown_worker(self) -> dict[str, Any]:
        """Return the `worker` block, with all compulsory data, of a person unknown to the register."""
        return self.strangers[0].identity()

    def client_of(self, role: str) -> Client:
        """Return the client of the organization in this role. Raise StopIteration if it has none."""
        number = self.organizations[role].enterprise_number
        return next(client for client in self.clients if client.organization == number)

    def number_of(self, user: User) -> str:
        """Return the enterprise number of the organization for which a user logs in."""
        return self.organizations[user.role].enterprise_number

    def access_json(self, portal_url: str = DEFAULT_PORTAL_URL) -> str:
        """Return the document that `python -m services.access load` reads.

        The portal at `portal_url` may log persons in.
        """
        agents = [self.users[name].user_id for name in ("authority.agent", "authority.officer")]
        document = {
            "organizations": [organization.document() for organization in self.organizations.values()],
            "mandates": [mandate.document() for mandate in mandates(self.today)],
            "affiliations": [affiliation.document() for affiliation in affiliations()],
            "clients": [
                *(client.document() for client in self.clients),
                {
                    **portal_client(portal_url),
                    "organization": self.organizations["authority"].enterprise_number,
                },
                *(
                    {
                        "clientId": reader_of(institution),
                        "organization": self.organizations["authority"].enterprise_number,
                        "queue": False,
                        "scopes": [FEED],
                    }
                    for institution in self.institutions
                ),
            ],
            "institutions": [
                {
                    "institutionId": institution,
                    "clients": [reader_of(institution)],
                    "authorization": authorization(institution, *agents),
                }
                for institution in self.institutions
            ],
            "persons": [user.person() for user in self.users.values()],
            "grants": [
                {"userId": user.user_id, "enterpriseNumber": self.number_of(user), **grant}
                for user in self.users.values()
                for grant in user.granted()
            ],
        }
        document["enterprises"] = self._enterprises()
        return json.dumps(document, ensure_ascii=False, indent=1)

    def _enterprises(self) -> list[dict[str, Any]]:
        """Return the register of enterprises: the organizations of the demo, and UNREGISTERED enterprises.

        The UNREGISTERED enterprises are not employers yet.
        """
        representatives = {
            user.role: user.ssin
            for user in self.users.values()
            if (Right.REPRESENTATIVE, None) in user.rights
        }
        known = [
            {
                "enterpriseNumber": organization.enterprise_number,
                "name": organization.name,
                "representatives": [representatives[role]] if role in representatives else [],
            }
            for role, organization in self.organizations.items()
        ]
        return known + [
            {
                "enterpriseNumber": make_enterprise_number(number),
                "name": f"Enterprise {number}",
                "representatives": sorted(representatives.values()),
            }
            for number in UNREGISTERED
        ]

    def register_json(self) -> str:
        """Return the document that `python -m services.identification load` reads."""
        return register_document((*self.people, *self.beginners), self._careers())

    def _careers(self) -> list[dict[str, Any]]:
        """Return careers that decide about flexi-jobs of this quarter and the next; most people have none."""
        told = {person.ssin: 1 for person in self.people[::_EXPERIENCED]}
        told |= {person.ssin: 0 for person in self.beginners}
        quarters = [quarter_before(quarter(self.today), count) for count in (3, 2)]
        return [
            {"ssin": ssin, "quarter": worked, "share": share}
            for ssin, share in told.items()
            for worked in quarters
        ]


def register_document(persons: tuple[DemoPerson, ...], careers: Sequence[Mapping[str, Any]] = ()) -> str:
    """Return a file of the registers: `{"persons": [RegisterEntry, …], "careers": [Career, …]}`."""
    document = {"persons": [person.register_row() for person in persons], "careers": list(careers)}
    return json.dumps(document, ensure_ascii=False, indent=1)


def generate(today: date, seed: int = 1) -> DemoData:
    """Return all demo data. `today` decides which mandates are in force; `seed` decides names and numbers."""
    drawn = people(Random(seed))
    registered = tuple(islice(drawn, WORKERS))
    strangers, beginners = tuple(islice(drawn, STRANGERS)), tuple(islice(drawn, BEGINNERS))
    users = (*USERS, worker_of(beginners[0]))
    return DemoData(
        today=today,
        organizations={organization.role: organization for organization in ORGANIZATIONS},
        clients=tuple(_client(role, client_id, today) for role, client_id in CLIENTS.items()),
        institutions=tuple(INSTITUTIONS),
        people=registered,
        strangers=strangers,
        users={user.name: user for user in users},
        beginners=beginners,
    )


def _client(role: str, client_id: str, today: date) -> Client:
    numbers = {organization.role: organization.enterprise_number for organization in ORGANIZATIONS}
    plain = {
        o.enterprise_number
        for o in ORGANIZATIONS
        if o.employer is not None and o.employer.active_on(today) and o.employer.sub_entities is None
    }
    mandators = [
        mandate.mandator
        for mandate in mandates(today)
        if mandate.mandatary == numbers[role] and mandate.covers("dimona", quarter(today))
    ]
    employers = tuple(number for number in (numbers[role], *mandators) if number in plain)
    return Client(client_id, numbers[role], employers, SCOPES.get(role, ()))
