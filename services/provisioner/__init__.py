"""The provisioner: makes the queues and broker users of the clients of organizations (ADR 26)."""
