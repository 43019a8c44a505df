"""Declarations by phone: SMS in the short form, and a keypad dialogue (ADR 29)."""
