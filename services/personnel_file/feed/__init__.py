"""The feed of the institutions: its events, its table, and the API to pull it."""
