"""The law of settlement: how a declaration changes its relation, as pure functions."""
