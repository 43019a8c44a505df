"""The rules of notifications: their kind, content, letter and contacts."""
