"""Routes of clients and of their keys."""
