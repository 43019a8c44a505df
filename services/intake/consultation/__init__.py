"""The consultation of declarations: the search for those of an organization."""
