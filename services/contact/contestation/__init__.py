"""Contestations: the addressee of a notification, or its employer, contests it."""
