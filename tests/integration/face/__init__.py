"""The REST API of declarations, on the real database."""
