"""Looks at the data of a person. The row of a look is stored and committed before anything is shown."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from services.contact.person import store
from services.contact.person.rules.asking import Person, Purpose
from services.contact.person.rules.document import JsonWriter
from services.contact.person.rules.looks import line, newest
from services.contact.person.rules.sections import Row
from shared.runtime.authorization import RefusedError, Work
from shared.runtime.database import Connection, Transaction

#: A function that returns the keyed code of a NISS.
Coded = Callable[[str], str]
#: Looks in one page of an export.
_PAGE: Final = 1000


class Writer(Protocol):
    """A format of the data of a person. Each method returns the next part of the text."""

    def begin(self) -> str:
        """Return the head."""

    def add(self, rows: Sequence[Row], names: Mapping[str, str]) -> str:
        """Return the text of some rows. `names` has the names of enterprises by number."""

    def end(self) -> str:
        """Return the end."""


@dataclass(frozen=True, slots=True)
class Looking:
    """A look at the data of a person: the looker, the program, and the purpose of an agent."""

    looker: str
    client_id: str
    operation: str
    purpose: Purpose | None = None  #: None: the person looks at the own data


async def find_own(work: Work) -> Person:
    """Return the person that has logged in.

    Raise RefusedError for a login without a NISS of its own, and for a deceased person.
    """
    user_id = work.actor.user_id
    ssin = None if user_id is None else await store.load_number(work.tx, user_id)
    if ssin is None:
        raise RefusedError("This login is of no person with a number")
    person = await store.load_person(work.tx, ssin)
    if person.is_deceased:
        raise RefusedError("Requests about a deceased person go through an agent")
    return person


async def store_data_look(tx: Transaction, person: Person, coded: Coded, looking: Looking) -> None:
    """Store a look at all data of a person, with the number of rows. The data are read after the commit."""
    await _store(tx, person, coded, looking, await store.count_data(tx, person))


async def store_refused_look(tx: Transaction, person: Person, coded: Coded, looking: Looking) -> None:
    """Store the request of an agent that is refused and learns from that whether the person is deceased."""
    await _store(tx, person, coded, looking, 0)


async def write_data(connection: Connection, person: Person, writer: Writer) -> AsyncGenerator[str, None]:
    """Yield the data of a person as a writer formats them, some rows at one time.

    The connection has an open transaction, from which all rows are read.
    """
    yield writer.begin()
    async for rows in store.read_data(connection, person):
        yield writer.add(rows, await store.load_names(connection, set(_enterprises(rows))))
    yield writer.end()


async def write_export(
    connection: Connection, person: Person, coded: Coded, now: datetime
) -> AsyncGenerator[str, None]:
    """Yield all data of a person and all looks at them as one JSON object, some rows at one time.

    Args:
        connection: the connection, with an open transaction.
        person: the person.
        coded: returns the keyed code of a NISS.
        now: the instant of the transaction.
    """
    yield '{"data":'
    async for part in write_data(connection, person, JsonWriter(person, now)):
        yield part
    yield ',"looks":['
    separator = ""
    rest: datetime | None = now
    while rest is not None:
        page, rest = await _looks(connection, person, coded, rest, _PAGE)
        yield separator * bool(page) + ",".join(json.dumps(look, ensure_ascii=False) for look in page)
        separator = ","
    yield "]}"


async def show_looks(
    tx: Transaction, person: Person, coded: Coded, looking: Looking, before: datetime | None, most: int
) -> dict[str, Any]:
    """Return a page of the looks at a person, newest first, and store this look.

    Args:
        tx: the transaction.
        person: the person.
        coded: returns the keyed code of a NISS.
        looking: the present look, which is not on the page.
        before: only looks before this instant; None for the first page.
        most: the size of the page.
    """
    page, rest = await _looks(tx.connection, person, coded, before or tx.now, most)
    await _store(tx, person, coded, looking, len(page))
    return {"items": page, **({} if rest is None else {"nextBefore": rest.isoformat()})}


async def _looks(
    connection: Connection, person: Person, coded: Coded, before: datetime, most: int
) -> tuple[list[dict[str, Any]], datetime | None]:
    codes = [coded(ssin) for ssin in person.ssins]
    # One more than the page, so that the last page is known.
    page, rest = newest(await store.load_looks(connection, person, codes, before, most + 1), most)
    organizations = await store.load_organizations(connection, {look.reader for look in page})
    return [line(look, organizations.get(look.reader, ())) for look in page], rest


async def _store(tx: Transaction, person: Person, coded: Coded, looking: Looking, found: int) -> None:
    await store.store_look(
        tx, looking.looker, looking.client_id, looking.operation, coded(person.ssin), looking.purpose, found
    )


def _enterprises(rows: Sequence[Row]) -> Iterator[str]:
    names = ("employer", "organization", "enterpriseNumber")
    yield from (row.item[name] for row in rows for name in names if row.item.get(name) is not None)
