"""The searches that a person keeps in the personnel file, and the three presets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

from services.portal.apis import RefusedError
from services.portal.pages import personnel_search
from services.portal.pages.declare_sending import BASE
from services.portal.pages.personnel_search import SORTS, criteria, typed_of
from services.portal.visit import LostError, Visit
from shared.domain.rights import Right
from shared.words import later

_PATH: Final = f"{BASE}/savedSearches"
_ID: Final = re.compile(r"[A-Za-z0-9-]{1,40}", re.ASCII)
_BAD_REQUEST: Final = 400
_CONFLICT: Final = 409
_LONGEST_NAME: Final = 100
#: The names of the presets, which the service has in English only.
PRESETS: Final[Mapping[str, str]] = {
    "fullRegister": later("Full register"),
    "activeInPeriod": later("Active this month"),
    "entriesAndExits": later("Entries and exits of this month"),
}
TOO_MANY: Final = later("You or your organization keep too many searches. Delete one.")
NOT_KEPT: Final = later("This search cannot be kept. Neither its name nor its criteria may name a worker.")


async def load_all(visit: Visit) -> list[dict[str, Any]]:
    """Return the presets and the kept searches of the person; none for a person without the right.

    Without the right the service is not asked, because it records each refusal.
    """
    if not visit.person.may(Right.CONSULT):
        return []
    try:
        items: list[dict[str, Any]] = (await visit.apis.get("intake", _PATH))["items"]
    except RefusedError as error:
        if error.acr:
            raise
        return []
    return items


async def load(visit: Visit) -> dict[str, str]:
    """Return the fields of the search that the form names. Raise LostError if there is none."""
    found = await visit.apis.get("intake", f"{_PATH}/{_id(visit)}")
    return {**typed_of(found["criteria"]), "level": found["level"], "sort": found["sort"]}


def mistakes(typed: Mapping[str, str]) -> dict[str, str]:
    """Return the mistakes in the form of a search to keep: a worker in the criteria, or no name."""
    if not 0 < len(typed.get("name", "")) <= _LONGEST_NAME:
        return {"name": "name"}
    return names_worker(typed)


def names_worker(typed: Mapping[str, str]) -> dict[str, str]:
    """Return the mistake of a kept search or export that names a worker."""
    field = personnel_search.names_worker(typed)
    return {field: "worker"} if field else {}


async def keep(visit: Visit, level: str) -> str:
    """Keep the search of the form for all employers. Return the reason why it cannot be kept, or no text."""
    typed = visit.fields
    sort = typed["sort"] if typed.get("sort") in SORTS else "number"
    body = {"name": typed["name"], "level": level, "sort": sort, "criteria": criteria(typed, "")}
    try:
        await visit.apis.send("PUT", "intake", f"{_PATH}/{uuid4()}", body)
    except RefusedError as error:
        if error.status not in (_BAD_REQUEST, _CONFLICT):
            raise
        return TOO_MANY if error.status == _CONFLICT else NOT_KEPT
    return ""


async def forget(visit: Visit) -> None:
    """Delete the kept search that the form names. A preset cannot be deleted."""
    await visit.apis.send("DELETE", "intake", f"{_PATH}/{_id(visit)}")


def _id(visit: Visit) -> str:
    if not _ID.fullmatch(id_ := visit.fields.get("id", "")):
        raise LostError("no id of a search")
    return id_
