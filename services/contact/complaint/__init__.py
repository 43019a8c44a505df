"""Complaints. Each complainant gets an answer or a progress letter within fifteen working days."""
