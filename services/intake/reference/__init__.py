"""Reference data: the code lists that the rules use, for clients (ADR 25)."""
