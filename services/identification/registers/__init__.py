"""The registers: persons with their numbers, and careers."""
