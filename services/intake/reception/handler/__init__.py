"""Handlers of reception: receive, look up, deny, and answer repeats."""
