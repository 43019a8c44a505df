"""Cases: declarations whose worker is not found yet."""
