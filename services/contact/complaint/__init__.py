"""Complaints: each complainant with a name gets an answer, or news, within fifteen working days."""
