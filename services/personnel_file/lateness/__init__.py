"""The deadlines of declarations, and the list of late declarations."""
