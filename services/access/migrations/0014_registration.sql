-- migrate:up

ALTER TABLE access.employer ADD category text CHECK (category ~ '^[0-9]{3}$');
COMMENT ON COLUMN access.employer.category IS 'The NSSO''s category of employers, three digits; null: not told.';

CREATE TABLE access.designation (
    designation_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    enterprise_number access.enterprise_number NOT NULL REFERENCES access.organization,
    manager uuid NOT NULL REFERENCES access.person,
    manager_phone text NOT NULL,
    responsible uuid NOT NULL REFERENCES access.person,
    responsible_phone text NOT NULL,
    designated_at timestamptz NOT NULL DEFAULT platform.now(),
    assurance_level int NOT NULL
);
COMMENT ON TABLE access.designation IS
    'Who designated whom as principal access manager of an entity, with the data that it takes. Append-only.';
COMMENT ON COLUMN access.designation.assurance_level IS
    'Of the login of the responsible person, which stands for his identity card.';
CREATE INDEX ON access.designation (enterprise_number);
GRANT SELECT, INSERT ON access.designation TO dimona_access;
GRANT SELECT ON access.rights TO dimona_access;

-- migrate:down

REVOKE SELECT ON access.rights FROM dimona_access;
DROP TABLE access.designation;
ALTER TABLE access.employer DROP COLUMN category;
