"""Proof of identity, sessions and tokens."""
