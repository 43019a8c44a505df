"""Samples of events, which an enterprise can ask for its webhook in the sandbox (ADR 27)."""
