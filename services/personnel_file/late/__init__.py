"""The list of what was late."""
