-- migrate:up

-- One module authorizes for all services; it reads the published view here too.
GRANT SELECT ON access.clients TO dimona_access;

-- migrate:down

REVOKE SELECT ON access.clients FROM dimona_access;
