"""Rules about registration, designation and rights. Pure."""
