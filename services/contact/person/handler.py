"""Looks at the data of a person. Each look is recorded in the transaction that answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from services.contact.person import store
from services.contact.person.rules.asking import Person, Purpose
from services.contact.person.rules.looks import line, newest
from services.contact.person.rules.sections import document
from services.contact.person.rules.words import statement
from shared.runtime.authorization import RefusedError, Work
from shared.runtime.database import Transaction

#: A function that returns the keyed code of a NISS.
Coded = Callable[[str], str]
#: Looks in one page of an export.
_PAGE: Final = 1000


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


async def show_data(tx: Transaction, person: Person, coded: Coded, looking: Looking) -> dict[str, Any]:
    """Return all data of a person as JSON, and store the look."""
    rows = await store.load_data(tx, person)
    await _store(tx, person, coded, looking, len(rows))
    return document(person, rows, tx.now)


async def show_statement(
    tx: Transaction, person: Person, coded: Coded, looking: Looking, language: str
) -> str:
    """Return all data of a person in plain words, and store the look."""
    found = await show_data(tx, person, coded, looking)
    return statement(found, await store.load_names(tx, set(_enterprises(found))), language)


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
    page, rest = await _looks(tx, person, coded, before or tx.now, most)
    await _store(tx, person, coded, looking, len(page))
    return {"items": page, **({} if rest is None else {"nextBefore": rest.isoformat()})}


async def export(tx: Transaction, person: Person, coded: Coded, looking: Looking) -> dict[str, Any]:
    """Return all data of a person and all looks at them, and store this look."""
    looks: list[dict[str, Any]] = []
    before: datetime | None = tx.now
    while before is not None:
        page, before = await _looks(tx, person, coded, before, _PAGE)
        looks += page
    return {"data": await show_data(tx, person, coded, looking), "looks": looks}


async def _looks(
    tx: Transaction, person: Person, coded: Coded, before: datetime, most: int
) -> tuple[list[dict[str, Any]], datetime | None]:
    codes = [coded(ssin) for ssin in person.ssins]
    # One more than the page, so that the last page is known.
    page, rest = newest(await store.load_looks(tx, person, codes, before, most + 1), most)
    organizations = await store.load_organizations(tx, {look.reader for look in page})
    return [line(look, organizations.get(look.reader, ())) for look in page], rest


async def _store(tx: Transaction, person: Person, coded: Coded, looking: Looking, found: int) -> None:
    await store.store_look(
        tx, looking.looker, looking.client_id, looking.operation, coded(person.ssin), looking.purpose, found
    )


def _enterprises(found: Mapping[str, Any]) -> Iterator[str]:
    names = ("employer", "organization", "enterpriseNumber")
    for items in found["sections"].values():
        yield from (item[name] for item in items for name in names if name in item)
