"""The ledger: counts, from the stores of all services, the declarations without a promised result."""
