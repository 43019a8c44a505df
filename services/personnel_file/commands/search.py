"""`dimona period search`: search the personnel file as an agent of the authority."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from pydantic import ValidationError

from services.personnel_file.commands.periods import period
from services.personnel_file.consultation import store
from services.personnel_file.consultation.channels.answer import item
from services.personnel_file.consultation.channels.files import Form, writer
from services.personnel_file.consultation.channels.request import SearchRequest
from services.personnel_file.consultation.rules import Level, Query
from services.personnel_file.consultation.store import Look, Scope
from services.personnel_file.settings import BASE
from shared.runtime.database import Connection, Record, Transaction
from shared.runtime.operator import (
    ENDPOINTS,
    EndpointsOption,
    ReasonOption,
    SecretsOption,
    load,
    print_table,
)

_PAGE: Final = 500  #: rows of one transaction; memory holds no more
_SHOWN: Final = 50
_OWN_PATH: Final = """
SELECT set_config('search_path', 'personnel_file,platform', true), platform.now() AS now,
    session_user AS reader"""


@period.command()
def search(
    criteria: Annotated[Path, typer.Argument(help="A JSON file with the body of a search over REST.")],
    reason: ReasonOption,
    level: Annotated[Level, typer.Option(help="What to list.")] = Level.PERIOD,
    form: Annotated[Form, typer.Option("--format", help="Form of the file.")] = Form.CSV,
    file: Annotated[
        Path | None, typer.Option(help="A new private file; only a file holds names and NISS.")
    ] = None,
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """Search periods or relations. Without --file, show the first 50 without names and NISS.

    The criteria come from a file, so that no number of a person is on the command line. Each page that is
    read is recorded in personnel_file.consultations, with the reason.
    """
    request = _request(criteria)
    query = Query(level, request.criteria(), size=_SHOWN if file is None else _PAGE)
    operator = load(endpoints, secrets_dir)
    if file is None:
        rows: list[Record] = []
        operator.query(_pages, query, request.employer_id, reason, rows.extend, whole=False)
        print_table(("number", "employer", "start", "end"), [_cells(row, level) for row in rows],
                    nothing="nothing was found")  # fmt: skip
        return
    if file.exists():
        raise typer.BadParameter("this file exists already")
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as private:
        written, count = writer(form), 0
        private.write(written.begin())

        def write(rows: Sequence[Record]) -> None:
            nonlocal count
            private.write(written.add([item(level, row, BASE) for row in rows]))
            count += len(rows)

        operator.query(_pages, query, request.employer_id, reason, write)
        private.write(written.end())
    print(f"{count} row(s) in {file}, with numbers of persons: keep no copy")


def _request(file: Path) -> SearchRequest:
    try:
        return SearchRequest.model_validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        raise typer.BadParameter(f"not a search: {type(error).__name__}") from None


async def _pages(
    connection: Connection, query: Query, employer_id: int | None, reason: str,
    write: Callable[[Sequence[Record]], Any], *, whole: bool = True,
) -> None:  # fmt: skip
    """Search page by page, and pass the rows of each page to `write`.

    Each page is read in its own transaction, which also stores an audit row.

    Args:
        connection: A connection with the login of the operator.
        query: The query for the first page.
        employer_id: Definitive or provisional number of the employer; None if the query does not give it.
        reason: The reason of the search, for the audit rows.
        write: Shows or stores the rows of one page.
        whole: Whether to read all pages, and not only the first.
    """
    rest: Query | None = query
    while rest is not None:
        async with connection.transaction():
            row = await connection.fetchrow(_OWN_PATH)
            assert row is not None
            tx, look = Transaction(connection, row["now"]), Look("command", row["reader"], reason=reason)
            rest = await _page(tx, rest, employer_id, look, write)
        if not whole:
            return


async def _page(
    tx: Transaction, query: Query, employer_id: int | None, look: Look,
    write: Callable[[Sequence[Record]], Any],
) -> Query | None:  # fmt: skip
    """Read one page, store an audit row, and pass the rows to `write`.

    Return the query for the next page, or None after the last page. Raise typer.BadParameter for a search
    that names no employer, no worker and no number. `look` is the audit row as far as it is known; the other
    arguments are as in `_pages`.
    """
    scope = Scope(await store.begin(tx))
    if employer_id is not None:
        query = query.of_employer(await store.load_employer(tx, employer_id) or "")
    if query.criteria.worker is not None and query.after is None:
        query = query.of_worker(await store.load_numbers(tx, query.criteria.worker[0]))
    if query.source is None:
        raise typer.BadParameter("name an employer, the NISS of a worker, or a number")
    found = await store.search(tx, query, scope)
    shown = [row["relation_id"] for row in found.rows]
    given = query.criteria.given().keys()
    await store.store_look(
        tx, replace(look, employer=query.criteria.employer, criteria=given, relations=shown)
    )
    write(found.rows)
    return None if found.rest is None else replace(query, after=found.rest)


def _cells(row: Record, level: Level) -> Sequence[str]:
    number, end = row[f"{level}_id"], row["end_date"]
    return str(number), row["employer"], str(row["start_date"]), "" if end is None else str(end)
