"""Changes without a declaration: replaced numbers, and locks set by agents."""
