"""The e-Box: a mailbox per enterprise, whose messages are read by whoever has the right to their type."""
