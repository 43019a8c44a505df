"""The words of the trade. Pure: no I/O, no clock, no logger."""
