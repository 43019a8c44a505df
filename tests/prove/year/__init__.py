"""A year on the test clock: every month passes with declarations and all periodic work."""
