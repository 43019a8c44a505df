"""The work of agents on cases."""
