"""Relations, their periods and days: state, events, and how they are stored."""
