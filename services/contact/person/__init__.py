"""The rights of a person: the own data, the looks at them, and reports of errors (ADR 36)."""
