"""Deliveries beside the queue: webhooks and files, a lane per recipient, tried for three days (ADR 13)."""
