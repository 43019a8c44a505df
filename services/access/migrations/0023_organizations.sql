-- migrate:up

CREATE VIEW access.organizations AS
    SELECT o.enterprise_number, o.name, o.language, e.provincial_or_local
    FROM access.organization o LEFT JOIN access.employer e USING (enterprise_number);
COMMENT ON VIEW access.organizations IS
    'Every enterprise that is known, by its number: name, language, and of an employer which kind (else null).';
GRANT SELECT ON access.organizations TO dimona_notifier;

-- Those that are there keep the order they had, by name; whoever comes stands behind them.
ALTER TABLE access.client ADD registered_at timestamptz NOT NULL DEFAULT '-infinity';
ALTER TABLE access.client ALTER COLUMN registered_at SET DEFAULT platform.now();
COMMENT ON COLUMN access.client.registered_at IS
    'The oldest client of an organization that has a reply queue gets its notifications there.';
CREATE OR REPLACE VIEW access.clients AS
    SELECT c.client_id, c.organization, o.name AS organization_name, o.language, c.queue, c.registered_at
    FROM access.client c JOIN access.organization o ON o.enterprise_number = c.organization;

-- migrate:down

DROP VIEW access.clients;
CREATE VIEW access.clients AS
    SELECT c.client_id, c.organization, o.name AS organization_name, o.language, c.queue
    FROM access.client c JOIN access.organization o ON o.enterprise_number = c.organization;
COMMENT ON VIEW access.clients IS
    'Technical clients, the organization each one speaks for, and whether it has a reply queue.';
GRANT SELECT ON access.clients TO dimona_intake, dimona_notifier, dimona_contact;
ALTER TABLE access.client DROP COLUMN registered_at;
DROP VIEW access.organizations;
