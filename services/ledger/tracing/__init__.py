"""The story of one declaration, read from the stores of all services, and the verdict on it."""
