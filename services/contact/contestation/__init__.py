"""Contestations: the addressee or the employer of a notification states that its data are wrong."""
