"""Samples of the events that webhooks get, on request in the sandbox (ADR 27)."""
