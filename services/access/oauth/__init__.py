"""OAuth 2.0 and login: access tokens for programs, and for persons who log in (docs/adr/0012)."""
