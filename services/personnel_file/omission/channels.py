"""Read findings from a file in CSV or as JSON lines, one line per finding."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Final, TypeVar

from services.personnel_file.omission.rules.finding import STATUSES, Finding, Source
from shared.domain.calendar import local_date
from shared.domain.declaration import parse_date, parse_hour
from shared.domain.identifiers import parse_enterprise_number, parse_ssin
from shared.runtime.errors import OurError

#: The fields of a finding, in the order of the columns. The last three may be empty or absent.
COLUMNS: Final = (
    "enterpriseNumber", "ssin", "day", "source", "reference", "foundAt", "startHour", "endHour", "status",
)  # fmt: skip
_LONGEST_LINE: Final = 4096  #: bytes
_LONGEST_REFERENCE: Final = 100
_MOST_ERRORS: Final = 20
_BLOCK: Final = 1 << 20
_SOURCES: Final = {each.value: each for each in Source}

T = TypeVar("T")


class Form(StrEnum):
    """The forms of a file of findings."""

    CSV = "csv"
    JSON_LINES = "json"


class FindingsError(OurError):
    """The error for a file that cannot be read. Its text has line numbers and names of fields."""


class _FieldError(ValueError):
    """The error for a field of a line; its text is the name of the field."""


@dataclass(frozen=True, slots=True)
class FindingsFile:
    """A file of findings: its path, its form, the SHA-256 of its content, and its number of findings."""

    path: Path
    form: Form
    sha256: bytes
    days: int

    @classmethod
    def of(cls, path: Path) -> FindingsFile:
        """Read a file once for its SHA-256 and its number of findings.

        The name of a CSV file ends in `.csv`; every other file has JSON lines. Raise FindingsError for a file
        without findings.
        """
        form = Form.CSV if path.suffix.lower() == ".csv" else Form.JSON_LINES
        digest, lines, last = hashlib.sha256(), 0, b"\n"
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
                lines += block.count(b"\n")
                last = block[-1:]
        days = lines + (last != b"\n") - (form is Form.CSV)
        if days < 1:
            raise FindingsError("the file has no findings")
        return cls(path, form, digest.digest(), days)

    def findings(self, now: datetime) -> Iterator[tuple[int, Finding]]:
        """Yield the number of each line and its finding; memory holds one line.

        Raise FindingsError if lines cannot be read, or if the content is no longer that of `sha256`.

        Args:
            now: The present instant; no finding lies after it.
        """
        errors: list[str] = []
        digest = hashlib.sha256()
        with self.path.open("rb") as file:
            nth = 0
            while line := file.readline(_LONGEST_LINE):
                nth += 1
                digest.update(line)
                try:
                    values = self._values(line, nth)
                    if values is not None:
                        yield nth, read_finding(values, now)
                except ValueError as error:
                    what = str(error) if isinstance(error, _FieldError) else "form"
                    errors.append(f"line {nth}: {what}")
                if len(errors) == _MOST_ERRORS:
                    break
        if errors:
            raise FindingsError("nothing was imported; " + "; ".join(errors))
        if digest.digest() != self.sha256:
            raise FindingsError("nothing was imported: the file changed while it was read")

    def _values(self, line: bytes, nth: int) -> Mapping[str, object] | None:
        """Return the fields of a line; None for the header of CSV. Raise ValueError for a wrong form."""
        if len(line) == _LONGEST_LINE and not line.endswith(b"\n"):
            raise ValueError
        text = line.decode().rstrip("\r\n")
        if self.form is Form.JSON_LINES:
            values = json.loads(text)
            if not isinstance(values, dict) or not values.keys() <= set(COLUMNS):
                raise ValueError
            return values
        cells = next(csv.reader([text], strict=True), [])
        if nth == 1:
            if tuple(cells) != COLUMNS:
                raise _FieldError(f"the columns are {','.join(COLUMNS)}")
            return None
        if len(cells) != len(COLUMNS):
            raise ValueError
        return {name: cell for name, cell in zip(COLUMNS, cells, strict=True) if cell}


def read_finding(values: Mapping[str, object], now: datetime) -> Finding:
    """Return the finding of a line.

    Args:
        values: Its fields; an absent one is not known.
        now: The present instant.

    Raises:
        ValueError: with the name of the first field that is wrong.
    """
    day = _field(values, "day", parse_date)
    found_at = _field(values, "foundAt", _parse_instant)
    if found_at > now or local_date(found_at) < day:
        raise _FieldError("foundAt")
    start_hour, end_hour = (
        _field(values, name, parse_hour) if name in values else None for name in ("startHour", "endHour")
    )
    if start_hour is None and end_hour is not None:
        raise _FieldError("startHour")
    return Finding(
        _field(values, "enterpriseNumber", parse_enterprise_number),
        _field(values, "ssin", parse_ssin),
        day,
        found_at,
        _field(values, "source", _SOURCES.get),
        _field(values, "reference", _parse_reference),
        start_hour,
        end_hour,
        _field(values, "status", _parse_status) if "status" in values else None,
    )


def _field(values: Mapping[str, object], name: str, parse: Callable[[str], T | None]) -> T:
    given = values.get(name)
    value = parse(given) if isinstance(given, str) else None
    if value is None:
        raise _FieldError(name)
    return value


@lru_cache(maxsize=256)  # a file of wages has one instant
def _parse_instant(text: str) -> datetime | None:
    """Return an instant with its offset from UTC, or None for another text."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant if instant.tzinfo is not None else None


def _parse_reference(text: str) -> str | None:
    return text if 0 < len(text) <= _LONGEST_REFERENCE and text.isprintable() else None


def _parse_status(text: str) -> str | None:
    return text if text in STATUSES else None
