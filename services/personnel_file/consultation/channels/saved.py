"""Saved searches over REST v2, and the three presets that every user has."""

from __future__ import annotations

import json
import re
from calendar import monthrange
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Final

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from services.personnel_file.consultation.channels.stored import StoredSearch
from services.personnel_file.consultation.store.saved import Saved
from shared.runtime.searching import Text

#: Eleven digits, with or without separators, which may be the number of a person.
_PERSON: Final = re.compile(r"(?:\d[ ./-]*){11}")


def _without_number(text: str) -> str:
    if _PERSON.search(text):
        raise PydanticCustomError("invalid_input", "a name with the number of a person")
    return text


class SavedRequest(StoredSearch):
    """The body of a request to save a search: the search and its name.

    A name that contains a number of a person is refused.
    """

    name: Annotated[Text, AfterValidator(_without_number)]


def saved(found: Saved, base: str) -> dict[str, Any]:
    """Return a saved search as an object of an answer; `base` is the public address of the API."""
    return _shown(str(found.search_id), found.name, json.loads(found.search), base, is_preset=False)


def presets(today: date, base: str) -> Sequence[dict[str, Any]]:
    """Return the presets as objects of an answer. Presets about a span of time use the month of `today`."""
    last = monthrange(today.year, today.month)[1]
    month = {"startDate": str(today.replace(day=1)), "endDate": str(today.replace(day=last))}
    found: Mapping[str, tuple[str, dict[str, Any]]] = {
        "fullRegister": ("Full register", {"status": ["OPEN", "CLOSED"]}),
        "activeInPeriod": ("Active in a period", {"activePeriod": month}),
        "entriesAndExits": ("Entries and exits, canceled ones included", {"movementPeriod": month}),
    }
    return [
        _shown(id_, name, {"criteria": criteria}, base, is_preset=True)
        for id_, (name, criteria) in found.items()
    ]


def _shown(id_: str, name: str, search: Mapping[str, Any], base: str, *, is_preset: bool) -> dict[str, Any]:
    defaults = {"level": "period", "sort": "number"}
    href = f"{base}/savedSearches/{id_}"
    return {"id": id_, "href": href, "name": name, "isPreset": is_preset, **defaults, **search}
