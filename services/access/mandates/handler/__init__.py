"""Proposal, validation and end of mandates and affiliations."""
