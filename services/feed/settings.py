"""The settings of the feed."""

from __future__ import annotations

from pydantic import Field

from shared.domain.identifiers import pseudonym
from shared.runtime.settings import Settings


class FeedSettings(Settings):
    """The settings of all services, the limit of inscriptions, and the period of heartbeats."""

    most_inscriptions: int = Field(default=5_000_000, ge=1)  #: of one institution
    heartbeat_seconds: float = Field(default=60, ge=1)  #: between two heartbeats of an institution

    def worker_code(self, ssin: str) -> str:
        """Return the keyed code of a NISS, equal to the code in the records of searches."""
        return pseudonym(self.key_for("consultations"), ssin)
