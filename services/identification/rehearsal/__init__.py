"""Rehearsals in the sandbox: identifications of test workers end as planned, after a set time (ADR 27)."""
