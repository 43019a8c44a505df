"""The ways in: each module turns its own wire into a command that the handler understands."""
