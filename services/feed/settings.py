"""The settings of the feed."""

from __future__ import annotations

from shared.domain.identifiers import pseudonym
from shared.runtime.settings import Settings


class FeedSettings(Settings):
    """The settings of the feed: those of all services."""

    def worker_code(self, ssin: str) -> str:
        """Return the keyed code of a NISS, equal to the code in the records of searches."""
        return pseudonym(self.key_for("consultations"), ssin)
