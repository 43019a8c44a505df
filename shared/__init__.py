"""The vocabulary, messages, topology and runtime that all services share."""
