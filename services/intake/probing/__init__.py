"""The search of the person register through declarations: a daily bound, and counts for the alerts."""
