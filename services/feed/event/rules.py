"""The part of an event that an institution may see, as a CloudEvent."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from shared.domain.feed_fields import DAILY_REGISTRATION
from shared.envelope import cloud_event

#: The service that wrote the events: the `source` of each CloudEvent.
_SOURCE: Final = "personnel_file"
_OF_DAYS: Final = ".dailyRegistrations."


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


def is_hidden(type_: str, fields: Collection[str]) -> bool:
    """Return whether an institution with these fields gets no events of this type."""
    return _OF_DAYS in type_ and DAILY_REGISTRATION not in fields
