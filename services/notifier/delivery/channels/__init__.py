"""The ways out beside the queue: each module sends deliveries of one recipient over its own wire."""
