"""The channel of an e-Box: paper, without a consent to digital documents only."""
