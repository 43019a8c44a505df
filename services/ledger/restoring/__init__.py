"""The steps that make a restored database ready for the services (ADR 38)."""
