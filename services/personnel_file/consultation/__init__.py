"""Searches in the personnel file. REST, queue and command use one form of query (ADR 23)."""
