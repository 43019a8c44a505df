"""The rules of all letters: addressee, texts, structure, page, and letters of other services."""
