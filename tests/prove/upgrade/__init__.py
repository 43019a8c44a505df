"""The proof of an upgrade and its roll-back under load: `python -m tests.prove.upgrade`."""
