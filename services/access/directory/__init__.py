"""Employers, their managers and users, and the history of the directory."""
