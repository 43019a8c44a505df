"""Mutation testing of the rules: a mistake is planted in each place, and some test has to notice."""
