-- migrate:up

CREATE DOMAIN access.sub_entity AS text
    CONSTRAINT sub_entity_check CHECK (value IS NOT NULL AND value ~ '^[0-9]{1,10}$');
COMMENT ON DOMAIN access.sub_entity IS 'Code of a part of an employer: one to ten digits, from its own list.';

ALTER TABLE access.employer
    ADD secured_channel_only boolean NOT NULL DEFAULT FALSE,
    ADD sub_entities access.sub_entity[] CHECK (cardinality(sub_entities) > 0),
    ADD daily_registration boolean NOT NULL DEFAULT FALSE;
COMMENT ON COLUMN access.employer.secured_channel_only IS
    'Whether it may declare through secured channels only (R42).';
COMMENT ON COLUMN access.employer.sub_entities IS
    'The codes of its sub-entities, one of which each of its INs names; null outside that system (R45).';
COMMENT ON COLUMN access.employer.daily_registration IS
    'Whether it has chosen Dimona for its daily registrations (R36).';

CREATE OR REPLACE VIEW access.employers AS
    SELECT e.enterprise_number, e.employer_id, o.name, o.language,
           e.active_from, e.active_until, e.provincial_or_local,
           e.secured_channel_only, e.sub_entities::text[], e.daily_registration
    FROM access.employer e JOIN access.organization o USING (enterprise_number);

-- migrate:down

DROP VIEW access.employers;
CREATE VIEW access.employers AS
    SELECT e.enterprise_number, e.employer_id, o.name, o.language,
           e.active_from, e.active_until, e.provincial_or_local
    FROM access.employer e JOIN access.organization o USING (enterprise_number);
COMMENT ON VIEW access.employers IS
    'Employers by enterprise number and by NSSO or provisional number, with name and language; dates inclusive.';
GRANT SELECT ON access.employers TO dimona_intake, dimona_notifier;
ALTER TABLE access.employer
    DROP COLUMN secured_channel_only, DROP COLUMN sub_entities, DROP COLUMN daily_registration;
DROP DOMAIN access.sub_entity;
