"""A snapshot: the state of each worker of an institution, and the place at which its tail begins."""
