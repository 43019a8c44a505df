"""The proof of the bad days: `python -m tests.prove.bad_day`."""
