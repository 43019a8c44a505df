"""Reports of errors in the own data of a person, until they are answered (ADR 36)."""
