"""OAuth 2.0 and login: access tokens for technical clients and for persons (ADR 12)."""
