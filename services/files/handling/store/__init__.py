"""The tables of files, forms, results and answers."""
