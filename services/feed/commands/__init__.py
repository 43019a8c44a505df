"""The commands of `dimona` that use the tables of the feed."""

from services.feed.commands.disclosure_log import disclosures

__all__ = ["disclosures"]
