"""The register of processing as a page in Markdown, made from the files of the services (ADR 31)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final

from shared.domain.processing import MISSING, TEXTS, Category, Column, Number, Subject, Table

_HEAD: Final = """# The register of processing

Made by `make contracts` from the files `processing.toml` of the services. `GET /processing` of contact has it
as JSON, without a token. Reasons: [ADR 31](adr/0031-register-of-processing-and-retention.md).

Every column of the database has its category of data, the persons that it tells about, and the form in which
it holds the number of a person. Purpose, legal basis, recipients and term are those of a table. **A decision
is missing** where no source gives a term: the rows are kept until an operator configures one.
"""
_SIGNS: Final = {Number.SSIN: "¹", Number.KEYED: "²", Number.SEALED: "³"}
_LEGEND: Final = "¹ readable number of a person, alone or in a text; ² keyed code of it; ³ encrypted number."


def page(tables: Sequence[Table]) -> str:
    """Return the page in Markdown."""
    return "\n".join([_HEAD, *_summary(tables), *_texts(), *_schemas(tables)]) + "\n"


def _summary(tables: Sequence[Table]) -> Iterator[str]:
    columns = [column for table in tables for column in table.columns]
    numbers = sum(column.number is not None for column in columns)
    undecided = sum(table.decision == MISSING and _is_personal(table) for table in tables)
    yield f"{len(tables)} tables, {len(columns)} columns; {numbers} columns hold the number of a person."
    yield f"{undecided} tables with personal data wait for a decision about their term.\n"


def _is_personal(table: Table) -> bool:
    return any(column.category is not Category.NONE for column in table.columns)


def _texts() -> Iterator[str]:
    yield "## Values\n"
    yield "| list | value | meaning |\n|---|---|---|"
    for name, texts in TEXTS.items():
        yield from (f"| {name} | {value} | {text} |" for value, text in texts.items())
    yield f"\n{_LEGEND}"


def _schemas(tables: Iterable[Table]) -> Iterator[str]:
    for schema, found in groupby(tables, key=lambda table: table.schema):
        yield f"\n## Schema `{schema}`\n"
        yield "| table | columns | purpose | legal basis | recipients | term | after death |"
        yield "|---|---|---|---|---|---|---|"
        yield from map(_row, found)


def _row(table: Table) -> str:
    cells = (
        table.name,
        "<br>".join(_columns(table.columns)),
        table.purpose,
        table.legal_basis,
        ", ".join(table.recipients) or "none",
        _term(table),
        str(table.kept_after_death),
    )
    return f"| {' | '.join(cells)} |"


def _term(table: Table) -> str:
    if table.decision == MISSING:
        return "kept; a decision is missing" if _is_personal(table) else "kept; no personal data"
    return f"{table.term} ({table.source})"


def _columns(columns: Sequence[Column]) -> Iterator[str]:
    """Yield the names of the columns by category and subject, with the sign of the number of a person."""

    def key(column: Column) -> tuple[Category, Subject]:
        return column.category, column.subject

    for (category, subject), found in groupby(sorted(columns, key=key), key=key):
        names = ", ".join(column.name + (_SIGNS[column.number] if column.number else "") for column in found)
        yield f"{category}: {names}" if category is Category.NONE else f"{category} of {subject}: {names}"
