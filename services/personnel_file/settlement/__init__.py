"""Settlement of declarations: decide on each one against its relation, and store the result."""
