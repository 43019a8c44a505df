"""The feed: institutions get the changes of the personnel file that their authorizations allow (ADR 34)."""
