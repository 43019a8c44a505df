"""Mutation testing of the rules: plant a mistake in each place; a test must notice it."""
