"""The state of a whole deployment, for `dimona status`."""
