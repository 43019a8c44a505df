"""The runtime broken on purpose: toy services on the real broker and the real database."""
