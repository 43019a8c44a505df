-- migrate:up

CREATE TABLE identification.careers (
    ssin text NOT NULL,
    quarter text NOT NULL,
    flexi boolean,
    sequence bigint NOT NULL,
    PRIMARY KEY (ssin, quarter)
);
COMMENT ON TABLE identification.careers IS 'The register of careers, as far as its messages have told us.';
COMMENT ON COLUMN identification.careers.quarter IS 'The quarter that was worked, written 2026Q1.';
COMMENT ON COLUMN identification.careers.flexi IS
    'Whether it opens flexi-jobs three quarters later; NULL: the register took back what it had told.';
COMMENT ON COLUMN identification.careers.sequence IS
    'The register''s number of the change that told us; the highest wins.';
GRANT SELECT, INSERT, UPDATE ON identification.careers TO dimona_identification;

-- migrate:down
DROP TABLE identification.careers;
