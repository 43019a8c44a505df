"""The institutions' feed: what a change says to them, how it is kept, and how they pull it."""
