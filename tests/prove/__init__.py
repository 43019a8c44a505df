"""The proofs of the pipeline at full size: `python -m tests.prove`."""
