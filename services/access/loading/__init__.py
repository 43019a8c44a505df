"""Loading of a file into the directory."""
