"""The proof of a restore under load: `python -m tests.prove.restore`."""
