"""Letters that other services write to enterprises: the notifier puts them into the e-Boxes."""
