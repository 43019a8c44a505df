"""Invented data of the local stack, and the demonstration that is played with it (decision D23)."""
