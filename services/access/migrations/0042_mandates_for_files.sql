-- migrate:up
-- The service files finds the expeditors of an employer, also those of its mandataries (ADR 28).
GRANT SELECT ON access.mandates TO dimona_files;

-- migrate:down
REVOKE SELECT ON access.mandates FROM dimona_files;
