"""Contact: contestations, complaints, and the work of the authority on them (ADR 15)."""
