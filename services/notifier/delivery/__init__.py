"""Deliveries by webhook and file: one lane per recipient, tried for three days (ADR 13)."""
