"""What does it change? The personnel file keeps relations, periods and their history."""
