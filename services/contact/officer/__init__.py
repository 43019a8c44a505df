"""The view of the data protection officer: looks by person, reader and period; unusual looks (ADR 36)."""
