"""The REST face of declarations, on the real database."""
