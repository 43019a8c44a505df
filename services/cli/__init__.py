"""The `dimona` command for operators and integrators."""
