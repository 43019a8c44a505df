"""Commands, declarations, chains and denials."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.messages import ReceivedDeclaration, to_json
from shared.runtime.database import Connection, Lock, Transaction

Key = tuple[str, str]  #: client id, and the id that the client gave to its message

_STORE_COMMANDS: Final = """
INSERT INTO commands (client_id, message_id, body_sha256, number)
SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[], $4::bigint[]) ORDER BY 1, 2
ON CONFLICT DO NOTHING RETURNING client_id, message_id"""
#: With the schema: it runs on a connection without a search path.
_HAS_COMMAND: Final = """
SELECT EXISTS (SELECT FROM intake.commands WHERE client_id = $1 AND message_id = $2)"""
_NUMBERS: Final = "SELECT nextval('dimona_sequence') FROM generate_series(1, $1)"
_LOCK: Final = """
SELECT pg_advisory_xact_lock($1, h) FROM (
    SELECT DISTINCT hashtext(k) AS h FROM unnest($2::text[]) AS n (k) ORDER BY h) AS l"""
_LASTS: Final = "SELECT order_key, last FROM chains WHERE order_key = ANY($1::text[])"
_STORE: Final = """
WITH moved AS (
    INSERT INTO chains (order_key, last) SELECT * FROM unnest($17::text[], $18::bigint[])
    ON CONFLICT (order_key) DO UPDATE SET last = excluded.last),
opened AS (
    INSERT INTO open (number, received_at, order_key)
    SELECT n, r, k FROM unnest($1::bigint[], $9::timestamptz[], $15::text[]) AS d (n, r, k)
    WHERE k IS NOT NULL)
INSERT INTO declarations (number, client_id, organization, channel, message_id, message_source, kind,
    declared, received_at, late_after, broker_stamp, employer, employer_id, ssin, order_key, previous)
SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
    $8::text[], $9::timestamptz[], $10::timestamptz[], $11::timestamptz[], $12::text[], $13::bigint[],
    $14::text[], $15::text[], $16::bigint[])"""
_STORE_DENIALS: Final = """
INSERT INTO denials (denied_at, client_id, organization, enterprise_number, reason)
SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[], $5::text[])"""


@dataclass(frozen=True, slots=True)
class Stored:
    """A declaration to store: the published part, and the part that only intake keeps."""

    declaration: ReceivedDeclaration
    ssin: str | None
    stamp: datetime | None  #: the broker's time stamp of the message

    @property
    def number(self) -> int:
        """The Dimona number."""
        return self.declaration.number

    @property
    def is_refused(self) -> bool:
        """Whether intake refuses the declaration: only admitted ones have an order key."""
        return self.declaration.order_key is None


@dataclass(frozen=True, slots=True)
class Denial:
    """A client without the right to declare, with the employer if it is known, and the reason."""

    client_id: str
    organization: str | None
    enterprise_number: str | None
    reason: str  #: not_registered, no_mandate


async def store_commands(tx: Transaction, commands: Mapping[Key, bytes], numbers: Sequence[int]) -> set[Key]:
    """Store commands and return the keys of the new ones.

    A concurrent transaction with an equal key waits for this one, and then finds that its key is not new.

    Args:
        tx: the transaction that receives the commands.
        commands: the SHA-256 of each body, by key.
        numbers: a Dimona number for each command; those of repeats stay unused.
    """
    rows = await tx.connection.fetch(
        _STORE_COMMANDS,
        [key[0] for key in commands],
        [key[1] for key in commands],
        list(commands.values()),
        numbers,
    )
    return {(row["client_id"], row["message_id"]) for row in rows}


async def has_command(connection: Connection, key: Key) -> bool:
    """Return whether a committed transaction has stored a command."""
    return bool(await connection.fetchval(_HAS_COMMAND, *key))


async def take_sequence_values(tx: Transaction, count: int) -> list[int]:
    """Return `count` new values of the sequence behind the Dimona numbers."""
    return [row["nextval"] for row in await tx.connection.fetch(_NUMBERS, count)]


async def lock_chains(tx: Transaction, order_keys: Collection[str]) -> dict[str, int]:
    """Lock order keys until the commit; return the number that was admitted last under each."""
    ordered = sorted(order_keys)
    await tx.connection.execute(_LOCK, Lock.CHAINS, ordered)
    return {row["order_key"]: row["last"] for row in await tx.connection.fetch(_LASTS, ordered)}


async def store_declarations(tx: Transaction, stored: Sequence[Stored], chains: Mapping[str, int]) -> None:
    """Store declarations, and the number that is now the last under each order key."""
    declarations = [one.declaration for one in stored]
    ordered = sorted(chains)
    await tx.connection.execute(
        _STORE,
        [d.number for d in declarations],
        [d.sender.client_id for d in declarations],
        [d.sender.organization for d in declarations],
        [d.sender.channel for d in declarations],
        [d.sender.message_id for d in declarations],
        [d.sender.message_source for d in declarations],
        [d.declared.kind for d in declarations],
        [to_json(d.declared) for d in declarations],
        [d.received_at for d in declarations],
        [d.late_after for d in declarations],
        [one.stamp for one in stored],
        [d.employer.enterprise_number if d.employer else None for d in declarations],
        [d.employer.employer_id if d.employer else None for d in declarations],
        [one.ssin for one in stored],
        [d.order_key for d in declarations],
        [d.previous for d in declarations],
        ordered,
        [chains[key] for key in ordered],
    )


async def store_denials(tx: Transaction, denials: Sequence[Denial]) -> None:
    """Store denials with the instant of the transaction."""
    columns = ("client_id", "organization", "enterprise_number", "reason")
    await tx.connection.execute(
        _STORE_DENIALS, tx.now, *([getattr(denial, name) for denial in denials] for name in columns)
    )
