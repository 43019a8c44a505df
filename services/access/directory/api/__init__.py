"""Routes of employers, managers, users and events."""
