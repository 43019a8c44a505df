"""A drill for operators: faults that are not known beforehand, found and repaired with the docs alone."""
