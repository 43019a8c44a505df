"""Deliveries by webhook and file, on the real database."""
