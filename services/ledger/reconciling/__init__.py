"""Declarations that are stuck after a restore, and the message that each of them lacks."""
