"""Pushing: the next events of each institution go to its queue."""
