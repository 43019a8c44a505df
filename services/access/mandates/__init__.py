"""Mandates between organizations, and affiliations to approved secretariats."""
