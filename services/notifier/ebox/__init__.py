"""The e-Box: the mailbox of an enterprise. Rights to read it are given by type of message."""
