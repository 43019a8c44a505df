"""Intake: receive declarations, check their form and the rights of their sender, and reply."""
