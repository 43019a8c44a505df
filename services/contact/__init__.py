"""Contact: contestations, complaints, and the people of the authority who answer them (ADR 15)."""
