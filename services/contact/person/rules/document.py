"""The data of a person as JSON, written row by row, so that memory does not grow with the rows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from services.contact.person.rules.asking import Person
from services.contact.person.rules.sections import SECTION_OF, SECTIONS, Quotas, Row, shown

_NAMES: Final = tuple(SECTIONS)


class JsonWriter:
    """A writer of the data of a person as one JSON object.

    The rows come in the order of the sections. Each method returns the next part of the text.
    """

    media_type = "application/json"

    def __init__(self, person: Person, now: datetime) -> None:
        self._person, self._now = person, now
        self._quotas = Quotas()
        self._opened = 0  #: number of sections that are open or complete
        self._is_first = True  #: whether the open section has no row yet

    def begin(self) -> str:
        """Return the head: the numbers of the person and the instant."""
        head = {
            "ssin": self._person.ssin,
            "formerSsins": list(self._person.former_ssins),
            "isDeceased": self._person.is_deceased,
            "generatedAt": self._now.isoformat(),
        }
        return f'{_json(head)[:-1]},"sections":{{'

    def add(self, rows: Sequence[Row], names: Mapping[str, str]) -> str:
        """Return the text of some rows. The names of enterprises are not used."""
        del names
        self._quotas.add(rows)
        return "".join(part for row in rows for part in self._row(row))

    def end(self) -> str:
        """Return the end: the sections without rows, and the use of quotas."""
        rest = "".join(self._open_until(len(_NAMES)))
        return f'{rest}]}},"quotas":{_json(self._quotas.rows())}}}'

    def _row(self, row: Row) -> Iterator[str]:
        yield from self._open_until(_NAMES.index(SECTION_OF[row.place]) + 1)
        yield _json(shown(row)) if self._is_first else "," + _json(shown(row))
        self._is_first = False

    def _open_until(self, count: int) -> Iterator[str]:
        """Close the open section and open the next ones, up to `count` of all sections."""
        while self._opened < count:
            yield ("]," if self._opened else "") + f'"{_NAMES[self._opened]}":['
            self._opened += 1
            self._is_first = True


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
