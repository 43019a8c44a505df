-- migrate:up

CREATE TABLE contact.complainants (
    case_id uuid PRIMARY KEY REFERENCES contact.cases,
    name text NOT NULL CHECK (name <> ''),
    address text NOT NULL CHECK (address <> ''),
    email text,
    language text NOT NULL CHECK (language IN ('fr', 'nl', 'de', 'en')),
    service_concerned text
);
COMMENT ON TABLE contact.complainants IS 'Who complains: anonymous complaints are not treated (seed 000).';

CREATE TABLE contact.letters (
    letter_id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES contact.complainants,
    purpose text NOT NULL CHECK (purpose IN ('acknowledgement', 'progress', 'answer')),
    channel text NOT NULL CHECK (channel IN ('mail', 'email')),
    language text NOT NULL,
    subject text NOT NULL,
    body text NOT NULL,
    written_at timestamptz NOT NULL,
    sent_at timestamptz,
    sent_by text,
    UNIQUE (case_id, purpose),
    CHECK ((sent_at IS NULL) = (sent_by IS NULL))
);
COMMENT ON TABLE contact.letters IS
    'What complainants are written, each once; those without sent_at are the list of whoever sends them.';
CREATE INDEX ON contact.letters (written_at) WHERE sent_at IS NULL;
CREATE INDEX ON contact.cases (opened_at) WHERE kind <> 'contestation';

CREATE TABLE contact.readings (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    read_at timestamptz NOT NULL,
    agent text NOT NULL,
    what text NOT NULL,
    case_id uuid,
    enterprise_number text,
    ssin text,
    found int NOT NULL
);
COMMENT ON TABLE contact.readings IS
    'Who of the authority read or searched what; written in the transaction that reads. Append-only.';

GRANT SELECT, INSERT ON contact.complainants, contact.letters, contact.readings TO dimona_contact;
GRANT UPDATE (sent_at, sent_by) ON contact.letters TO dimona_contact;

-- migrate:down
DROP TABLE contact.readings, contact.letters, contact.complainants;
