"""Loading of a file into the directory: one set-based upsert per table, parents first."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from services.access import locks
from services.access.loading.document import Document
from shared.domain.calendar import local_date
from shared.domain.identifiers import looks_provisional
from shared.envelope import carriers
from shared.messages import EmployerNumberReplaced
from shared.runtime.database import Connection

_TIMEOUT: Final = 120.0  #: seconds for one table; a file may hold every employer of the country


@dataclass(frozen=True, slots=True)
class Counts:
    """Number of rows added or changed per table; all zero where the file holds nothing new."""

    organization: int
    employer: int
    mandatary: int
    ebox: int
    mandate: int
    affiliation: int
    client: int
    client_scope: int
    redirect_uri: int
    institution: int
    person: int
    granted: int
    enterprise: int


#: By table, parents first. Each takes its rows as one JSON array and writes only changes. A file does not
#: restore a mandate or a right that a person took back through the API.
_UPSERTS: Final = {
    "organization": """
        INSERT INTO access.organization AS t (enterprise_number, name, language)
        SELECT enterprise_number, name, language
        FROM jsonb_to_recordset($1::jsonb) AS r (enterprise_number text, name text, language text)
        ON CONFLICT (enterprise_number) DO UPDATE SET name = excluded.name, language = excluded.language
        WHERE (t.name, t.language) IS DISTINCT FROM (excluded.name, excluded.language)
        RETURNING 1""",
    "employer": """
        INSERT INTO access.employer AS t
            (enterprise_number, employer_id, category, provincial_or_local, active_from, active_until,
             secured_channel_only, sub_entities, daily_registration)
        SELECT enterprise_number, employer_id, category, provincial_or_local, active_from, active_until,
            secured_channel_only, sub_entities, daily_registration
        FROM jsonb_to_recordset($1::jsonb) AS r (enterprise_number text, employer_id bigint, category text,
            provincial_or_local boolean, active_from date, active_until date,
            secured_channel_only boolean, sub_entities text[], daily_registration boolean)
        ON CONFLICT (enterprise_number) DO UPDATE SET
            employer_id = excluded.employer_id, category = excluded.category,
            provincial_or_local = excluded.provincial_or_local,
            active_from = excluded.active_from, active_until = excluded.active_until,
            secured_channel_only = excluded.secured_channel_only, sub_entities = excluded.sub_entities,
            daily_registration = excluded.daily_registration
        WHERE (t.employer_id, t.category, t.provincial_or_local, t.active_from, t.active_until,
               t.secured_channel_only, t.sub_entities, t.daily_registration) IS DISTINCT FROM
            (excluded.employer_id, excluded.category, excluded.provincial_or_local, excluded.active_from,
             excluded.active_until, excluded.secured_channel_only, excluded.sub_entities,
             excluded.daily_registration)
        RETURNING 1""",
    "mandatary": """
        INSERT INTO access.mandatary AS t (enterprise_number, kind)
        SELECT enterprise_number, kind
        FROM jsonb_to_recordset($1::jsonb) AS r (enterprise_number text, kind text)
        ON CONFLICT (enterprise_number) DO UPDATE SET kind = excluded.kind
        WHERE t.kind IS DISTINCT FROM excluded.kind
        RETURNING 1""",
    "ebox": """
        INSERT INTO access.ebox (enterprise_number)
        SELECT enterprise_number FROM jsonb_to_recordset($1::jsonb) AS r (enterprise_number text)
        ON CONFLICT DO NOTHING RETURNING 1""",
    "mandate": """
        WITH said AS (
            SELECT r.*, (
                SELECT mandate_id FROM access.mandate k
                WHERE (k.mandator, k.mandatary, k.application_group, k.begin_quarter)
                    = (r.mandator, r.mandatary, r.application_group, r.begin_quarter)
                ORDER BY k.ended_at IS NULL DESC, k.proposed_at DESC LIMIT 1) AS known
            FROM jsonb_to_recordset($1::jsonb) AS r (mandator text, mandatary text, application_group text,
                begin_quarter text, end_quarter text, status text)
        ), changed AS (
            UPDATE access.mandate t SET end_quarter = s.end_quarter, status = s.status FROM said s
            WHERE t.mandate_id = s.known AND t.ended_at IS NULL
                AND (t.end_quarter, t.status) IS DISTINCT FROM (s.end_quarter, s.status)
            RETURNING 1
        ), added AS (
            INSERT INTO access.mandate
                (mandator, mandatary, application_group, begin_quarter, end_quarter, status)
            SELECT mandator, mandatary, application_group, begin_quarter, end_quarter, status
            FROM said WHERE known IS NULL RETURNING 1
        )
        TABLE changed UNION ALL TABLE added""",
    "affiliation": """
        INSERT INTO access.affiliation AS t (employer, secretariat, valid_from, valid_until)
        SELECT employer, secretariat, valid_from, valid_until
        FROM jsonb_to_recordset($1::jsonb) AS r (employer text, secretariat text,
            valid_from date, valid_until date)
        ON CONFLICT (employer, valid_from) DO UPDATE SET
            secretariat = excluded.secretariat, valid_until = excluded.valid_until
        WHERE (t.secretariat, t.valid_until) IS DISTINCT FROM (excluded.secretariat, excluded.valid_until)
        RETURNING 1""",
    "client": """
        INSERT INTO access.client AS t (client_id, organization, queue, batches)
        SELECT client_id, organization, queue, batches
        FROM jsonb_to_recordset($1::jsonb) AS r (client_id text, organization text, queue boolean,
            batches boolean)
        ON CONFLICT (client_id) DO UPDATE SET
            organization = excluded.organization, queue = excluded.queue, batches = excluded.batches
        WHERE (t.organization, t.queue, t.batches)
            IS DISTINCT FROM (excluded.organization, excluded.queue, excluded.batches)
        RETURNING 1""",
    "client_scope": """
        INSERT INTO access.client_scope (client_id, grant_type, scope)
        SELECT client_id, grant_type, scope
        FROM jsonb_to_recordset($1::jsonb) AS r (client_id text, grant_type text, scope text)
        ON CONFLICT DO NOTHING RETURNING 1""",
    "redirect_uri": """
        INSERT INTO access.redirect_uri (client_id, uri)
        SELECT client_id, uri FROM jsonb_to_recordset($1::jsonb) AS r (client_id text, uri text)
        ON CONFLICT DO NOTHING RETURNING 1""",
    "institution": """
        INSERT INTO access.institution AS t (institution_id, token_sha256, fields, batches)
        SELECT institution_id, decode(token_sha256, 'hex'), fields, batches
        FROM jsonb_to_recordset($1::jsonb) AS r (institution_id text, token_sha256 text, fields text[],
            batches boolean)
        ON CONFLICT (institution_id) DO UPDATE SET
            token_sha256 = excluded.token_sha256, fields = excluded.fields, batches = excluded.batches
        WHERE (t.token_sha256, t.fields, t.batches)
            IS DISTINCT FROM (excluded.token_sha256, excluded.fields, excluded.batches)
        RETURNING 1""",
    "person": """
        INSERT INTO access.person AS t (user_id, ssin, family_name, given_name, language, phone, email)
        SELECT user_id, ssin, family_name, given_name, language, phone, email
        FROM jsonb_to_recordset($1::jsonb) AS r (user_id uuid, ssin text, family_name text,
            given_name text, language text, phone text, email text)
        ON CONFLICT (user_id) DO UPDATE SET
            ssin = excluded.ssin, family_name = excluded.family_name, given_name = excluded.given_name,
            language = excluded.language, phone = excluded.phone, email = excluded.email
        WHERE (t.ssin, t.family_name, t.given_name, t.language, t.phone, t.email) IS DISTINCT FROM
            (excluded.ssin, excluded.family_name, excluded.given_name,
             excluded.language, excluded.phone, excluded.email)
        RETURNING 1""",
    "granted": """
        INSERT INTO access.granted (enterprise_number, user_id, what, message_type)
        SELECT enterprise_number, user_id, "right", message_type
        FROM jsonb_to_recordset($1::jsonb) AS r (enterprise_number text, user_id uuid, "right" text,
            message_type text)
        WHERE NOT EXISTS (
            SELECT FROM access.granted g
            WHERE (g.enterprise_number, g.user_id, g.what) = (r.enterprise_number, r.user_id, r."right")
                AND g.message_type IS NOT DISTINCT FROM r.message_type AND g.revoked_at IS NOT NULL)
        ON CONFLICT (user_id, enterprise_number, what, coalesce(message_type, ''))
            WHERE revoked_at IS NULL DO NOTHING
        RETURNING 1""",
    # Messages of the register count from 1: what they brought stays.
    "enterprise": """
        INSERT INTO access.enterprise AS t (enterprise_number, name, representatives, ended_on, sequence)
        SELECT enterprise_number, name, representatives, ended_on, 0
        FROM jsonb_to_recordset($1::jsonb) AS r (enterprise_number text, name text, representatives text[],
            ended_on date)
        ON CONFLICT (enterprise_number) DO UPDATE SET name = excluded.name,
            representatives = excluded.representatives, ended_on = excluded.ended_on
        WHERE t.sequence = 0 AND (t.name, t.representatives, t.ended_on) IS DISTINCT FROM
            (excluded.name, excluded.representatives, excluded.ended_on)
        RETURNING 1""",
}


_NUMBERS: Final = """
SELECT enterprise_number::text, employer_id FROM access.employer
WHERE enterprise_number = ANY($1::text[]) ORDER BY 1 FOR UPDATE"""
#: Due at once: the running service publishes it.
_SAY: Final = """
INSERT INTO access.outbox (id, lane, routing_key, type, body, due_at)
SELECT gen_random_uuid(), 'internal', $1, 'carrier', $2, platform.now()"""


async def load(connection: Connection, document: Document) -> Counts:
    """Add and change the rows of a file, all or nothing; rows that the file does not name stay.

    A definitive number that replaces a provisional one is announced to the other services (rule R43).

    Raises asyncpg's IntegrityConstraintViolationError where the file contradicts itself or the directory.
    """
    rows = _rows(document)
    written: dict[str, int] = {}
    async with connection.transaction():
        # A file may close an affiliation or a mandate and open the next: exclusions are checked last.
        await connection.execute("SET CONSTRAINTS ALL DEFERRED")
        await locks.lock_all(connection)
        replaced = await _replaced_numbers(connection, rows["employer"])
        for table, upsert in _UPSERTS.items():
            written[table] = len(await connection.fetch(upsert, json.dumps(rows[table]), timeout=_TIMEOUT))
        await connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for key, body in carriers(replaced, "access", await connection.fetchval("SELECT platform.now()")):
            await connection.execute(_SAY, key, body)
    return Counts(**written)


async def _replaced_numbers(
    connection: Connection, employers: Sequence[Mapping[str, Any]]
) -> list[EmployerNumberReplaced]:
    """Return the provisional numbers that these rows replace by definitive ones."""
    now = {row["enterprise_number"]: row["employer_id"] for row in employers}
    today = local_date(await connection.fetchval("SELECT platform.now()"))
    return [
        EmployerNumberReplaced(
            enterprise_number=row["enterprise_number"],
            provisional_id=row["employer_id"],
            employer_id=now[row["enterprise_number"]],
            effective_on=today,
        )
        for row in await connection.fetch(_NUMBERS, list(now))
        if looks_provisional(row["employer_id"]) and not looks_provisional(now[row["enterprise_number"]])
    ]


def _rows(document: Document) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of each table, as JSON values by column name."""
    whole = document.model_dump(mode="json")
    organizations = whole["organizations"]
    return {
        "organization": organizations,
        "employer": [
            {"enterprise_number": row["enterprise_number"], **row["employer"]}
            for row in organizations
            if row["employer"] is not None
        ],
        "mandatary": [
            {"enterprise_number": row["enterprise_number"], "kind": row["mandatary"]}
            for row in organizations
            if row["mandatary"] is not None
        ],
        "ebox": [
            {"enterprise_number": row["enterprise_number"]}
            for row in organizations
            if row["employer"] is not None or row["mandatary"] is not None
        ],
        "mandate": whole["mandates"],
        "affiliation": whole["affiliations"],
        "client": whole["clients"],
        "client_scope": [
            {"client_id": row["client_id"], "grant_type": grant_type, "scope": scope}
            for row in whole["clients"]
            for grant_type, scopes in _scopes(row).items()
            for scope in scopes
        ],
        "redirect_uri": [
            {"client_id": row["client_id"], "uri": uri}
            for row in whole["clients"]
            if row["login"] is not None
            for uri in row["login"]["redirect_uris"]
        ],
        "institution": whole["institutions"],
        "person": whole["persons"],
        "granted": whole["grants"],
        "enterprise": whole["enterprises"],
    }


def _scopes(client: dict[str, Any]) -> dict[str, list[str]]:
    """Return the scopes of a client by grant type: for itself, and for persons that log in."""
    login = client["login"]
    return {"client_credentials": client["scopes"], "authorization_code": login["scopes"] if login else []}
