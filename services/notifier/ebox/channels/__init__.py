"""The paper channel of the e-Box, for enterprises without a consent to digital documents only."""
