"""The sandbox: identifications of test workers that end by themselves (ADR 27)."""
