"""Phones on a real database."""
