"""The data of the sandbox: its test employers, its test workers, and the table of scenarios (ADR 27)."""
