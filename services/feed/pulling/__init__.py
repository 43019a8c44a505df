"""Pulling: institutions read the feed page by page over HTTP."""
