"""The declarations of the canary, and the reading of their results. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final

_LOCATION: Final = re.compile(r"/declarations/([0-9]{12})\Z")
_ACCEPTED: Final = ("A", "W")
_PROVISIONAL: Final = "S"


class Step(StrEnum):
    """The steps of a round, in their order; a failed round is counted at its step."""

    LOGIN = "login"
    RESET = "reset"
    IN = "in"
    IN_RESULT = "in_result"
    CANCEL = "cancel"
    CANCEL_RESULT = "cancel_result"


def an_in(employer: str, worker: str, today: date) -> Mapping[str, Any]:
    """Return an IN of an ordinary worker from tomorrow on, in the JSON of Dimona REST v2."""
    return {
        "employer": {"enterpriseNumber": employer},
        "worker": {"ssin": worker},
        "dimonaIn": {
            "startDate": (today + timedelta(1)).isoformat(),
            "features": {"jointCommissionNumber": "XXX", "workerType": "OTH"},
        },
    }


def a_cancel(period: int) -> Mapping[str, Any]:
    """Return a CANCEL of a period; a period has the Dimona number of its IN."""
    return {"dimonaCancel": {"periodId": period}}


def number_in(location: str) -> int | None:
    """Return the Dimona number at the end of the address of a declaration; None for another text."""
    found = _LOCATION.search(location)
    return None if found is None else int(found[1])


def is_accepted(answer: Mapping[str, Any]) -> bool | None:
    """Return whether a declaration was accepted; None while its worker is being identified.

    Raise KeyError or TypeError for a document that is no answer.
    """
    result = answer["declarationStatus"]["result"]
    return None if result == _PROVISIONAL else result in _ACCEPTED
