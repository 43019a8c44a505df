"""Outages of intake. A declaration is not late because it waited during an outage (ADR 7)."""
