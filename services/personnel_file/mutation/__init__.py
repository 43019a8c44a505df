"""What changes the personnel file without a declaration: replaced numbers, and the locks of agents."""
