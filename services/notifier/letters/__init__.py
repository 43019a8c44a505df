"""Letters: their texts in four languages, their HTML page, their addressee, and the channels of a message."""
