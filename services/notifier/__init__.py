"""The notifier: sends the notifications of each declaration to their addressee, and letters to e-Boxes."""
