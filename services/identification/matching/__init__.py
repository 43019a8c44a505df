"""Matching: which person of the register is the declared worker."""
