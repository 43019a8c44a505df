"""Sessions: a login of a person at the portal."""
