"""Wire formats of searches in the personnel file: requests, answers and files."""
