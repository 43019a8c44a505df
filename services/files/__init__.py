"""Files of declarations: their formats, their transfer, and the state of each file."""
