"""Wire formats of the consultation."""
