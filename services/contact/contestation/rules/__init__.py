"""The rules of contestations: parties, deadlines, and letters."""
