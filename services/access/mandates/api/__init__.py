"""Routes of mandates and affiliations."""
