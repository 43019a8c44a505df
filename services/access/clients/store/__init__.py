"""SQL of clients and of their keys."""
