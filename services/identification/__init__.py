"""Who is it? Identification resolves the NISS of the worker."""
