"""Technical clients of organizations, and their public keys."""
