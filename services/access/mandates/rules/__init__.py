"""Rules about appointments, mandates and affiliations. Pure."""
