"""Authorizations of institutions to get the feed: granted by one agent, confirmed by another (ADR 30)."""
