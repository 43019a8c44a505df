"""The sandbox: some first attempts get a 503, and an organization may have a clock that is ahead (ADR 27)."""
