"""What an employer is told of changes that he did not declare: of a NISS, of his own number (IDFLUX)."""
