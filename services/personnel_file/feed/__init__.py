"""The feed for institutions: its events, its tables, and the API from which institutions read it."""
