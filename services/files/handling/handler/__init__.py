"""The stages in the life of a file; each takes up after a crash where the rows say."""
