"""Contestations: the addressee of a notification, or the employer it is about, says that it is not right."""
