"""Reception: a command becomes a stored declaration with a Dimona number, or is rejected."""
