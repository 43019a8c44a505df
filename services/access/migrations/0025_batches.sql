-- migrate:up

ALTER TABLE access.client ADD batches boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN access.client.batches IS 'Whether several ready messages for its reply queue come as one batch.';
CREATE OR REPLACE VIEW access.clients AS
    SELECT c.client_id, c.organization, o.name AS organization_name, o.language, c.queue, c.registered_at, c.batches
    FROM access.client c JOIN access.organization o ON o.enterprise_number = c.organization;
ALTER TABLE access.institution ADD batches boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN access.institution.batches IS 'Whether several ready events for its queue come as one batch.';
CREATE OR REPLACE VIEW access.institutions AS
    SELECT institution_id, token_sha256, fields, batches FROM access.institution;

-- migrate:down

DROP VIEW access.institutions;
CREATE VIEW access.institutions AS SELECT institution_id, token_sha256, fields FROM access.institution;
COMMENT ON VIEW access.institutions IS
    'Subscribed institutions: hash of the token, and the fields that each may see.';
GRANT SELECT ON access.institutions TO dimona_personnel_file;
ALTER TABLE access.institution DROP COLUMN batches;
DROP VIEW access.clients;
CREATE VIEW access.clients AS
    SELECT c.client_id, c.organization, o.name AS organization_name, o.language, c.queue, c.registered_at
    FROM access.client c JOIN access.organization o ON o.enterprise_number = c.organization;
COMMENT ON VIEW access.clients IS
    'Technical clients, the organization each one speaks for, and whether it has a reply queue.';
GRANT SELECT ON access.clients TO dimona_intake, dimona_notifier, dimona_contact;
ALTER TABLE access.client DROP COLUMN batches;
