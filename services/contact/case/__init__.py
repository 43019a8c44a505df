"""Cases: what somebody of the authority has to answer, whatever it is about."""
