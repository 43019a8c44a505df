"""The events for institutions: each change of a relation or period. The service feed sends them."""
