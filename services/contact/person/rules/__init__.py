"""Rules of the rights of a person."""
