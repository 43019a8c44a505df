"""The rules about omitted declarations: findings, outcomes, contribution and decisions (ADR 32)."""
