"""The personnel file: relations, periods and their history."""
