"""The handling of files: pick up, read, submit, collect the answers, and write the answers."""
