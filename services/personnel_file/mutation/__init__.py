"""Changes of the personnel file without a declaration: replaced numbers, and locks set by agents."""
