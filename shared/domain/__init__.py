"""The terms of Dimona as values and functions. The functions are pure: no I/O, no clock, no logger."""
