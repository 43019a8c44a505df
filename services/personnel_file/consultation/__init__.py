"""The consultation of the personnel file: one query for every interface (ADR 23)."""
