"""Count the statements that a block of code sends to PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from asyncpg import Connection
from asyncpg.connection import LoggedQuery
from asyncpg.pool import PoolConnectionProxy


@contextmanager
def statements(connection: Connection[Any] | PoolConnectionProxy[Any]) -> Iterator[list[str]]:
    """Yield the list of statements that a connection sends while the block runs."""
    sent: list[str] = []

    def note(query: LoggedQuery) -> None:
        sent.append(query.query.strip())

    with connection.query_logger(note):
        yield sent
