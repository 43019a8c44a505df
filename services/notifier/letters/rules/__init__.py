"""The rules of all letters: addressee, words, form, page, and the letters that other services write."""
