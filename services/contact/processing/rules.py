"""The register of processing as a document: each table with its columns, and the texts of all values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from shared.domain.processing import TEXTS, Column, Table


def document(tables: Iterable[Table]) -> dict[str, Any]:
    """Return the register as JSON. A property without a value is absent."""
    return {
        "tables": [_table(table) for table in tables],
        "texts": {name: dict(texts) for name, texts in TEXTS.items()},
    }


def _table(table: Table) -> dict[str, Any]:
    shown = {
        "schema": table.schema,
        "table": table.name,
        "purpose": table.purpose,
        "legalBasis": table.legal_basis,
        "recipients": list(table.recipients),
        "term": table.term,
        "decision": table.decision,
        "source": table.source,
        "keptAfterDeath": table.kept_after_death,
        "columns": [_column(column) for column in table.columns],
    }
    return _present(shown)


def _column(column: Column) -> dict[str, Any]:
    return _present(
        {
            "column": column.name,
            "category": column.category,
            "subject": column.subject,
            "number": column.number,
        }
    )


def _present(shown: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in shown.items() if value is not None}
