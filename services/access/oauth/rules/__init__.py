"""Rules about token requests, assertions and logins. Pure."""
