"""The register of processing, without a login (ADR 31)."""
