"""Findings of worked days, compared with the declarations known at each finding (ADR 32)."""
