-- migrate:up

-- The primary keys bound the rows of an organization: a new row takes a free place.
CREATE TABLE personnel_file.exports (
    organization text NOT NULL,
    place smallint NOT NULL CHECK (place BETWEEN 1 AND 10),
    export_id uuid NOT NULL UNIQUE,
    reader text NOT NULL,
    form text NOT NULL,
    search text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    total int NOT NULL,
    whole boolean NOT NULL,
    state text NOT NULL DEFAULT 'READY' CHECK (state IN ('READY', 'DELIVERED', 'TOO_LARGE')),
    delivered_rows int,
    PRIMARY KEY (organization, place)
);
COMMENT ON TABLE personnel_file.exports IS
    'Exports that can be read: the search and never its rows, which are read when a client fetches the file.';
COMMENT ON COLUMN personnel_file.exports.organization IS 'The organization for which the reader made it.';
COMMENT ON COLUMN personnel_file.exports.reader IS 'User id of a person, or id of a technical client.';
COMMENT ON COLUMN personnel_file.exports.search IS 'JSON, without NISS and name of a worker.';
COMMENT ON COLUMN personnel_file.exports.total IS 'Rows when it was made, counted up to a limit; whole: all of them.';
CREATE INDEX exports_by_expiry ON personnel_file.exports (expires_at);

CREATE TABLE personnel_file.saved_searches (
    organization text NOT NULL,
    place smallint NOT NULL CHECK (place BETWEEN 1 AND 200),
    reader text NOT NULL,
    search_id uuid NOT NULL,
    name text NOT NULL,
    search text NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (organization, place),
    UNIQUE (reader, search_id)
);
COMMENT ON TABLE personnel_file.saved_searches IS 'Searches that users have saved, each for its user only.';
COMMENT ON COLUMN personnel_file.saved_searches.search IS 'JSON, without NISS and name of a worker.';

GRANT SELECT, INSERT, DELETE, UPDATE (state, delivered_rows) ON personnel_file.exports TO dimona_personnel_file;
GRANT SELECT, INSERT, DELETE, UPDATE (name, search, changed_at) ON personnel_file.saved_searches
    TO dimona_personnel_file;

-- migrate:down
DROP TABLE personnel_file.exports, personnel_file.saved_searches;
