"""The notifications of declarations: one final notification each, and a provisional one before it."""
