"""Cases: contestations and complaints that the authority has to answer."""
