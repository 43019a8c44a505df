"""Outages of intake: declarations that waited because of one are not late (ADR 7)."""
