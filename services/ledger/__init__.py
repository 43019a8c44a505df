"""The ledger of the promise: counts from the stores whether each declaration got what it was promised."""
