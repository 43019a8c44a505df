"""The sandbox: first attempts that get a 503, and clocks of organizations (ADR 27)."""
