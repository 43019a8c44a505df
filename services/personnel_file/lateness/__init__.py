"""The list of late declarations."""
