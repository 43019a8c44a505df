"""Fields, rights, keys and changes of the pages about access. Pure."""
