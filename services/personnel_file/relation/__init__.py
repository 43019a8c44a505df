"""Relations, their periods and daily registrations: state, events and tables."""
