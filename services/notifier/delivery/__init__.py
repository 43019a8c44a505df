"""Deliveries by webhook and file. Each recipient has a lane; a delivery is tried for three days (ADR 13)."""
