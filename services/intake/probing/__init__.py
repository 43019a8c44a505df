"""Protection from declarations that only search the person register: a daily limit, and counts for alerts."""
