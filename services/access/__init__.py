"""Who is who, and who may act for whom: employers, mandates, affiliations, technical clients."""
