"""The step that settles declarations: load, decide in order, save."""
