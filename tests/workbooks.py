"""Workbooks for tests: rows of typed values, and archives that attack the reader."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from openpyxl import Workbook


def workbook(rows: Sequence[Sequence[Any]]) -> bytes:
    """Return a workbook with these rows in its first sheet, as a spreadsheet program writes it."""
    book = Workbook()
    for row in rows:
        book.active.append(list(row))
    stored = io.BytesIO()
    book.save(stored)
    return stored.getvalue()


def with_parts(content: bytes, parts: Mapping[str, bytes]) -> bytes:
    """Return a workbook in which some parts are replaced or added."""
    stored = io.BytesIO()
    with ZipFile(io.BytesIO(content)) as before, ZipFile(stored, "w", ZIP_DEFLATED) as after:
        for name in before.namelist():
            if name not in parts:
                after.writestr(name, before.read(name))
        for name, part in parts.items():
            after.writestr(name, part)
    return stored.getvalue()


def part_of(content: bytes, name: str) -> bytes:
    """Return a part of a workbook."""
    with ZipFile(io.BytesIO(content)) as archive:
        return archive.read(name)
