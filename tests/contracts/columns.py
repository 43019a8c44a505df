"""Read the tables and columns of the database from the migrations, without a server.

The parser of PostgreSQL itself reads the statements. Its tree is `Any` here, because its types allow None
everywhere. Text inside functions and DO blocks is not read; the three things that it does to tables are
constants below. `tests/integration/retention/test_columns.py` compares the result with a real database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from pglast import ast, parse_sql
from pglast.enums import AlterTableType, ObjectType

from shared.runtime.migrations import Migration, collect

#: Table by `schema.name`, with its columns.
Tables = dict[str, list[str]]

_OUTBOX: Final = (
    "seq", "id", "lane", "routing_key", "type", "body", "created_at", "due_at", "attempts",
)  # fmt: skip
#: The tables that `platform.create_pipeline` makes in a schema.
PIPELINE: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "inbox": ("consumer", "message_id", "handled_at"),
        "suspects": ("consumer", "message_id", "attempts", "since"),
        "outbox": _OUTBOX,
        "deliveries": _OUTBOX,
        "set_aside": (
            "origin", "seq", "id", "lane", "routing_key", "type", "body", "created_at", "set_aside_at",
        ),
    }
)  # fmt: skip
#: The table of the runner of migrations, which is there before the first file.
_RUNNER: Final = {"platform.migrations": ["folder", "name", "checksum", "applied_at"]}
#: Tables that a DO block makes a partition of another table.
_ATTACHED: Final = frozenset({"intake.readings_before"})


def replay(migrations: Iterable[Migration] | None = None) -> Tables:
    """Return all tables after the migrations, without partitions and views; by default of this system."""
    tables: Tables = {name: list(columns) for name, columns in _RUNNER.items()}
    for migration in collect() if migrations is None else migrations:
        for statement in parse_sql(migration.up):
            if act := _ACTS.get(type(statement.stmt)):
                act(tables, statement.stmt)
    return {name: columns for name, columns in sorted(tables.items()) if name not in _ATTACHED}


def _create(tables: Tables, statement: Any) -> None:
    if statement.partbound is not None:  # a partition has the columns of its table
        return
    tables[_name(statement.relation)] = [
        str(element.colname) for element in statement.tableElts or () if isinstance(element, ast.ColumnDef)
    ]


def _alter(tables: Tables, statement: Any) -> None:
    columns = tables.get(_name(statement.relation))
    if columns is None:  # an index or a view
        return
    for command in statement.cmds:
        if command.subtype == AlterTableType.AT_AddColumn:
            columns.append(command.def_.colname)
        elif command.subtype == AlterTableType.AT_DropColumn:
            columns.remove(command.name)


def _rename(tables: Tables, statement: Any) -> None:
    if statement.renameType == ObjectType.OBJECT_TABLE:
        schema = statement.relation.schemaname
        tables[f"{schema}.{statement.newname}"] = tables.pop(_name(statement.relation))
    elif statement.renameType == ObjectType.OBJECT_COLUMN:
        columns = tables[_name(statement.relation)]
        columns[columns.index(statement.subname)] = statement.newname


def _drop(tables: Tables, statement: Any) -> None:
    if statement.removeType == ObjectType.OBJECT_TABLE:
        for named in statement.objects:
            tables.pop(".".join(part.sval for part in named), None)


def _select(tables: Tables, statement: Any) -> None:
    """Add the tables of the pipeline for `SELECT platform.create_pipeline('intake', …)`."""
    calls: list[Any] = [target.val for target in statement.targetList or ()]
    for call in calls:
        if getattr(call, "funcname", None) and call.funcname[-1].sval == "create_pipeline":
            schema = call.args[0].val.sval
            tables.update({f"{schema}.{name}": list(columns) for name, columns in PIPELINE.items()})


def _name(relation: Any) -> str:
    return f"{relation.schemaname}.{relation.relname}"


_ACTS: Final[Mapping[type, Callable[[Tables, Any], None]]] = MappingProxyType(
    {
        ast.CreateStmt: _create,
        ast.AlterTableStmt: _alter,
        ast.RenameStmt: _rename,
        ast.DropStmt: _drop,
        ast.SelectStmt: _select,
    }
)
