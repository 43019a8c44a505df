"""The channels besides the queue: webhook and file. Each module delivers events to one recipient."""
