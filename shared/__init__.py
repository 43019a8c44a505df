"""The modules that all services share: terms of Dimona, messages, topology of the broker, and runtime."""
