"""SQL of mandates and affiliations."""
