"""SQL of the directory: a file for each thing that it keeps."""
