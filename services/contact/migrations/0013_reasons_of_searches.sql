-- migrate:up
-- The reason that an agent types before a search for cases (ADR 35); null for other readings.
ALTER TABLE contact.readings ADD reason text;

-- migrate:down
ALTER TABLE contact.readings DROP COLUMN reason;
