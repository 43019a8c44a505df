"""Complaints: whoever says who he is has an answer within fifteen working days, or is told why not."""
