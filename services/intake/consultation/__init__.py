"""The consultation of declarations: the search for the declarations of an organization."""
