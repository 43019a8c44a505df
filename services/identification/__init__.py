"""Identification: find the person of the register that a declaration means (ADR 9)."""
