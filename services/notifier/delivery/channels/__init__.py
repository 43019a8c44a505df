"""The channels beside the queue. Each module sends the deliveries of one recipient."""
