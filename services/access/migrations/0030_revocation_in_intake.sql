-- migrate:up

-- Intake asks on every request too whether the token or its login has ended.
GRANT SELECT ON access.revoked TO dimona_intake;

-- migrate:down
REVOKE SELECT ON access.revoked FROM dimona_intake;
