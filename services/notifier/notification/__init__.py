"""Notifications of declarations. Each has one final notification, and may have a provisional one before."""
