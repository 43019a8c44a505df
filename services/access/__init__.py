"""Access: organizations, mandates and rights, login and tokens."""
