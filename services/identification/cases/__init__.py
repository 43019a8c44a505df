"""Cases: declarations with a worker that is not found yet."""
