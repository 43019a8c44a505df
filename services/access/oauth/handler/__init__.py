"""Handlers of OAuth: check of passwords and codes, issue and revocation of tokens, logout."""
