-- migrate:up

CREATE TABLE personnel_file.daily_registrations (
    registration_id bigint PRIMARY KEY,
    period_id bigint NOT NULL REFERENCES personnel_file.periods,
    start_date date NOT NULL,
    end_date date NOT NULL,
    start_hour time NOT NULL,
    end_hour time,
    span tsrange NOT NULL,
    canceled boolean NOT NULL DEFAULT false,
    -- What the rules say (90480-334) holds whatever the rules do: the backstop of decision D8.
    CONSTRAINT days_do_not_overlap EXCLUDE USING gist (period_id WITH =, span WITH &&) WHERE (NOT canceled)
);
COMMENT ON TABLE personnel_file.daily_registrations IS
    'The registered days of a period, as they are now; relation and worker are those of the period.';
COMMENT ON COLUMN personnel_file.daily_registrations.registration_id IS
    'The Dimona number of the declaration that registered the day.';
COMMENT ON COLUMN personnel_file.daily_registrations.span IS
    'Local time; until the end of the last day where no end hour is given.';
CREATE INDEX ON personnel_file.daily_registrations (period_id);

GRANT SELECT, INSERT, UPDATE ON personnel_file.daily_registrations TO dimona_personnel_file;

-- migrate:down
DROP TABLE personnel_file.daily_registrations;
