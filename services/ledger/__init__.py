"""The ledger: a job that reads the tables of the services, and counts the broken promises."""
