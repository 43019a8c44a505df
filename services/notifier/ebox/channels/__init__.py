"""The ways out of an e-Box: paper, for those who have not agreed to do without."""
