"""Omitted declarations on a real database."""
