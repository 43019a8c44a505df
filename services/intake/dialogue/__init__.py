"""The dialogue with the sender of a declaration: replies on the queue, results over REST."""
