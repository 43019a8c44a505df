"""OAuth 2.0: access tokens for technical clients that prove who they are (wire-contract §2)."""
