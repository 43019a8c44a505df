"""The tables of files of findings, of their judgements, and of the cases that agents decide."""
