-- migrate:up

-- The personnel file decides on every request who may search it.
GRANT SELECT ON access.clients, access.rights, access.revoked, access.mandates, access.employers
    TO dimona_personnel_file;
GRANT INSERT (event, outcome, subject, client_id, operation, source) ON platform.security_log
    TO dimona_personnel_file;

-- migrate:down
REVOKE INSERT (event, outcome, subject, client_id, operation, source) ON platform.security_log
    FROM dimona_personnel_file;
REVOKE SELECT ON access.clients, access.rights, access.revoked, access.mandates, access.employers
    FROM dimona_personnel_file;
