"""The work of the authority's people: what waits for an answer, who takes it, what is answered."""
