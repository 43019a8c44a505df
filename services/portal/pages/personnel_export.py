"""The rows of a search as a file: CSV or XLSX, passed on while the personnel file makes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from services.portal.apis import Apis, AwayError, RefusedError
from services.portal.pages.declare_sending import BASE
from services.portal.pages.personnel_search import SORTS, criteria
from services.portal.visit import Download, Visit
from shared.words import later

_PATH: Final = f"{BASE}/exports"
_BAD_REQUEST: Final = 400
_CONFLICT: Final = 409
FORMATS: Final[Mapping[str, str]] = {"csv": "CSV", "xlsx": "XLSX"}
TOO_MANY: Final = later(
    "Your organization has too many exports that were not read to their end. Try again tomorrow."
)
NOT_EXPORTED: Final = later("This search cannot be exported. Check the numbers and the days.")


@dataclass(frozen=True, slots=True)
class Export:
    """A search to export: its level, and the fields of its form."""

    level: str
    typed: Mapping[str, str]


async def export(visit: Visit, wanted: Export) -> Download | str:
    """Return the file, or the reason why there is none.

    The personnel file keeps an export for a day, and ten of an organization. It is deleted here when
    the transfer has ended, also when it broke off, so that its place is free.
    """
    typed = wanted.typed
    form = typed["format"] if typed.get("format") in FORMATS else "csv"
    body: dict[str, Any] = {
        "format": form,
        "level": wanted.level,
        "sort": typed["sort"] if typed.get("sort") in SORTS else "number",
        "criteria": criteria(typed, visit.person.employer),
    }
    try:
        reply = await visit.apis.send("POST", "intake", _PATH, body)
    except RefusedError as error:
        if error.status not in (_BAD_REQUEST, _CONFLICT):
            raise
        return TOO_MANY if error.status == _CONFLICT else NOT_EXPORTED
    path = f"{_PATH}/{reply.json()['id']}"
    try:
        content = await visit.apis.open("intake", f"{path}/content")
    except (RefusedError, AwayError):
        await _delete(visit.apis, path)
        raise
    return Download(content.chunks, content.media_type, f"dimona.{form}", partial(_delete, visit.apis, path))


async def _delete(apis: Apis, path: str) -> None:
    """Delete an export, so that its place is free. One that stays ends after a day."""
    try:
        await apis.send("DELETE", "intake", path)
    except (RefusedError, AwayError):
        return
