"""The log of disclosures: a chained row for each page or batch of events of an institution (ADR 35)."""
