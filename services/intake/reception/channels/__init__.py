"""The channels of reception: each module turns its wire format into a command."""
