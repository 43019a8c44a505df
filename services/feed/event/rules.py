"""The part of an event that an institution may see, as a CloudEvent."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from shared.domain.feed_fields import DAILY_REGISTRATION
from shared.domain.identifiers import parse_ssin
from shared.envelope import cloud_event
from shared.messages import SERVICE, derived_id

#: The service that wrote the events: the `source` of each CloudEvent.
_SOURCE: Final = "personnel_file"
#: The event type of the state of a period, which no change brings.
STATE: Final = f"{SERVICE}.periods.notify.stated"


def _check_ssin(value: str) -> str:
    if parse_ssin(value) is None:
        raise PydanticCustomError("invalid_structure", "no valid NISS")
    return value


#: A valid NISS in the body of a request.
Ssin = Annotated[str, AfterValidator(_check_ssin)]


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """One event of the feed; `data` is the full state, before fields are removed."""

    id: UUID
    type: str
    data: Mapping[str, Any]
    occurred_at: datetime

    def seen_by(self, fields: Collection[str]) -> str:
        """Return the event as JSON with only the fields that an institution may see (threat T23).

        The text is equal for institutions that get the feed by queue and by HTTP.
        """
        data = json.dumps({name: value for name, value in self.data.items() if name in fields})
        return cloud_event(self.id, self.type, _SOURCE, self.occurred_at, data)

    def as_state(self) -> FeedEvent:
        """Return the state of the period of this event, if it is the last one of the period."""
        data = {name: value for name, value in self.data.items() if name != DAILY_REGISTRATION}
        return FeedEvent(derived_id("state", self.id), STATE, data, self.occurred_at)
