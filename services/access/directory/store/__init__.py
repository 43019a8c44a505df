"""SQL of employers, persons, rights and events."""
