"""Loading of a file into the directory: one SQL statement per table, referenced tables first."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.access import locks
from services.access.loading.document import Document
from shared.domain.calendar import local_date
from shared.domain.identifiers import looks_provisional
from shared.envelope import carriers
from shared.messages import EmployerNumberReplaced
from shared.runtime.database import Connection

_TIMEOUT: Final = 120.0  #: seconds for one table; a file may hold every employer of the country


def _upsert(table: str, key: str, columns: str, changeable: str = "TRUE") -> str:
    """Return the SQL statement that adds new rows, and updates existing rows that have other values.

    Args:
        table: Name of the table.
        key: Columns that identify a row, separated by commas.
        columns: All other columns that a file has, separated by commas.
        changeable: Condition on the existing row `t`; only rows that fulfill it are updated.
    """
    present, given = (", ".join(f"{of}.{name}" for name in columns.split(", ")) for of in ("t", "excluded"))
    return f"""
        INSERT INTO access.{table} AS t ({key}, {columns})
        SELECT {key}, {columns} FROM jsonb_populate_recordset(NULL::access.{table}, $1::jsonb)
        ON CONFLICT ({key}) DO UPDATE SET ({columns}) = ROW ({given})
        WHERE {changeable} AND ({present}) IS DISTINCT FROM ({given})
        RETURNING 1"""  # noqa: S608 - our own names


def _add(table: str, columns: str) -> str:
    """Return the SQL statement that adds missing rows and changes no existing row."""
    return f"""
        INSERT INTO access.{table} ({columns})
        SELECT {columns} FROM jsonb_populate_recordset(NULL::access.{table}, $1::jsonb)
        ON CONFLICT DO NOTHING RETURNING 1"""  # noqa: S608 - our own names


#: A file does not restore a mandate that ended.
_MANDATE: Final = """
    WITH said AS (
        SELECT r.*, (
            SELECT mandate_id FROM access.mandate k
            WHERE (k.mandator, k.mandatary, k.application_group, k.begin_quarter)
                = (r.mandator, r.mandatary, r.application_group, r.begin_quarter)
            ORDER BY k.ended_at IS NULL DESC, k.proposed_at DESC LIMIT 1) AS known
        FROM jsonb_populate_recordset(NULL::access.mandate, $1::jsonb) AS r
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
    TABLE changed UNION ALL TABLE added"""
#: A file does not restore a right that a person took back.
_GRANTED: Final = """
    INSERT INTO access.granted (enterprise_number, user_id, what, message_type)
    SELECT enterprise_number, user_id, what, message_type
    FROM jsonb_populate_recordset(NULL::access.granted, $1::jsonb) AS r
    WHERE NOT EXISTS (
        SELECT FROM access.granted g
        WHERE (g.enterprise_number, g.user_id, g.what) = (r.enterprise_number, r.user_id, r.what)
            AND g.message_type IS NOT DISTINCT FROM r.message_type AND g.revoked_at IS NOT NULL)
    ON CONFLICT (user_id, enterprise_number, what, coalesce(message_type, ''))
        WHERE revoked_at IS NULL DO NOTHING
    RETURNING 1"""
_TERMS: Final = (
    "recipient_class, legal_basis, purpose, fields, kinds, all_workers, all_workers_basis, "
    "begins_at, expires_at, country, guarantee, contact"
)


def _authorize() -> str:
    """Return the SQL statement that adds a version for each authorization with other terms than before.

    A file does not restore an authorization that ended.
    """
    present, given = (", ".join(f"{of}.{name}" for name in _TERMS.split(", ")) for of in ("l", "r"))
    return f"""
        INSERT INTO access.institution_authorization
            (authorization_id, version, institution_id, {_TERMS}, granted_by, confirmed_by)
        SELECT coalesce(l.authorization_id, gen_random_uuid()), coalesce(l.version, 0) + 1,
            r.institution_id, {given}, r.granted_by, r.confirmed_by
        FROM jsonb_populate_recordset(NULL::access.institution_authorization, $1::jsonb) AS r
        LEFT JOIN LATERAL (
            SELECT * FROM access.institution_authorization a
            WHERE a.institution_id = r.institution_id ORDER BY a.place DESC LIMIT 1) AS l ON TRUE
        WHERE l.institution_id IS NULL
            OR (l.ended_at IS NULL
                AND (l.confirmed_at IS NULL OR ({present}) IS DISTINCT FROM ({given})))
        RETURNING 1"""  # noqa: S608 - our own names


#: By table, referenced tables first. Each takes its rows as one JSON array and writes only changes.
_STATEMENTS: Final = {
    "organization": _upsert("organization", "enterprise_number", "name, language"),
    "employer": _upsert(
        "employer",
        "enterprise_number",
        "employer_id, category, provincial_or_local, active_from, active_until, secured_channel_only, "
        "sub_entities, daily_registration",
    ),
    "mandatary": _upsert("mandatary", "enterprise_number", "kind"),
    "ebox": _add("ebox", "enterprise_number"),
    "mandate": _MANDATE,
    "affiliation": _upsert("affiliation", "employer, valid_from", "secretariat, valid_until"),
    "client": _upsert("client", "client_id", "organization, queue, batches"),
    "client_scope": _add("client_scope", "client_id, grant_type, scope"),
    "redirect_uri": _add("redirect_uri", "client_id, uri"),
    "institution": _upsert("institution", "institution_id", "batches"),
    "institution_client": _upsert("institution_client", "client_id", "institution_id"),
    "person": _upsert("person", "user_id", "ssin, family_name, given_name, language, phone, email"),
    # After the persons: two user ids of one person are not two agents.
    "institution_authorization": _authorize(),
    "granted": _GRANTED,
    # Messages of the register are numbered from 1, so a file (0) never overwrites their data.
    "enterprise": _upsert(
        "enterprise", "enterprise_number", "name, representatives, ended_on, sequence", "t.sequence = 0"
    ),
}


_NUMBERS: Final = """
SELECT enterprise_number::text, employer_id FROM access.employer
WHERE enterprise_number = ANY($1::text[]) ORDER BY 1 FOR UPDATE"""
#: Stores a message in the outbox that is due at once; the running service publishes it.
_SAY: Final = """
INSERT INTO access.outbox (id, lane, routing_key, type, body, due_at)
SELECT gen_random_uuid(), 'internal', $1, 'carrier', $2, platform.now()"""


async def load(connection: Connection, document: Document) -> dict[str, int]:
    """Add and change the rows of a file in one transaction; return the number of written rows by table.

    Rows that the file does not name stay.

    For each definitive employer number that replaces a provisional one, the other services get a message
    (rule R43).

    Raises asyncpg's IntegrityConstraintViolationError if the file contradicts itself or the directory.
    """
    rows = _rows(document)
    written: dict[str, int] = {}
    async with connection.transaction():
        # A file may close an affiliation or a mandate and open the next: exclusions are checked last.
        await connection.execute("SET CONSTRAINTS ALL DEFERRED")
        await locks.lock_all(connection)
        replaced = await _replaced_numbers(connection, rows["employer"])
        for table, statement in _STATEMENTS.items():
            written[table] = len(await connection.fetch(statement, json.dumps(rows[table]), timeout=_TIMEOUT))
        await connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for key, body in carriers(replaced, "access", await connection.fetchval("SELECT platform.now()")):
            await connection.execute(_SAY, key, body)
    return written


async def _replaced_numbers(
    connection: Connection, employers: Sequence[Mapping[str, Any]]
) -> list[EmployerNumberReplaced]:
    """Return a message for each provisional employer number that these rows replace by a definitive one."""
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
        "institution_client": [
            {"client_id": client, "institution_id": row["institution_id"]}
            for row in whole["institutions"]
            for client in row["clients"]
        ],
        "institution_authorization": [
            {"institution_id": row["institution_id"], **row["authorization"]}
            for row in whole["institutions"]
            if row["authorization"] is not None
        ],
        "person": whole["persons"],
        "granted": [{**row, "what": row["right"]} for row in whole["grants"]],
        "enterprise": [{**row, "sequence": 0} for row in whole["enterprises"]],
    }


def _scopes(client: dict[str, Any]) -> dict[str, list[str]]:
    """Return the scopes of a client by grant type: for its own tokens, and for persons that log in."""
    login = client["login"]
    return {"client_credentials": client["scopes"], "authorization_code": login["scopes"] if login else []}
