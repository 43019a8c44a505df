"""XML formats of the NSSO: read declarations and requests; write acknowledgements and results."""
