"""Settlement of declarations: decide on each declaration against its relation, and store the result."""
