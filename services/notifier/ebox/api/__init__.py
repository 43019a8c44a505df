"""The API of the e-Box: overview, documents, labels, attention, events, and the choice of paper."""
