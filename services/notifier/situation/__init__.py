"""The notifications of changed situations: changes that the employer did not declare (IDFLUX)."""
