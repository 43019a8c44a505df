"""Cases: declarations without a worker so far."""
