"""Searches in the personnel file, on the real database."""
