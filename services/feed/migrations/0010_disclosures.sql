-- migrate:up
-- The log of disclosures (ADR 35): a row for each page or batch of events that an institution got.
CREATE TABLE feed.disclosures (
    institution_id text NOT NULL,
    seq bigint NOT NULL CHECK (seq > 0),
    way text NOT NULL CHECK (way IN ('push', 'pull', 'snapshot', 'state', 'repeat')),
    authorization_id uuid NOT NULL,
    version int NOT NULL,
    disclosed_at timestamptz NOT NULL,
    events bigint[] NOT NULL CHECK (cardinality(events) > 0),
    workers text[] NOT NULL,
    digest bytea NOT NULL CHECK (length(digest) = 32),
    previous bytea NOT NULL CHECK (length(previous) = 32),
    hash bytea NOT NULL CHECK (length(hash) = 32)
) PARTITION BY RANGE (disclosed_at);
COMMENT ON TABLE feed.disclosures IS
    'Events × institution × version of its authorization × instant, in the transaction that sends or reads. Append-only.';
COMMENT ON COLUMN feed.disclosures.seq IS 'Number of the row in the chain of its institution, from 1 without gaps.';
COMMENT ON COLUMN feed.disclosures.events IS 'Numbers of the rows of personnel_file.feed, in the order of sending.';
COMMENT ON COLUMN feed.disclosures.workers IS 'Keyed codes of the NISS of their workers, as in consultations.';
COMMENT ON COLUMN feed.disclosures.digest IS 'SHA-256 of the events as they were sent, each followed by a line feed.';
COMMENT ON COLUMN feed.disclosures.previous IS 'Hash of the row before; zeros for the first row.';
COMMENT ON COLUMN feed.disclosures.hash IS 'SHA-256 of `previous` and of the canonical row.';
CREATE INDEX ON feed.disclosures (institution_id, seq);
CREATE INDEX ON feed.disclosures (institution_id, disclosed_at);
CREATE INDEX ON feed.disclosures USING gin (workers);
-- Rows of a month without partition. It stays empty, for a row in it prevents the partition of its month.
CREATE TABLE feed.disclosures_other PARTITION OF feed.disclosures DEFAULT;
SELECT platform.make_partitions();
GRANT SELECT, INSERT ON feed.disclosures TO dimona_feed;

-- Hashes of rows, kept where the role of the service cannot write.
CREATE TABLE feed.disclosure_anchors (
    institution_id text NOT NULL,
    seq bigint NOT NULL,
    hash bytea NOT NULL,
    anchored_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (institution_id, seq)
);
COMMENT ON TABLE feed.disclosure_anchors IS
    'The last row of each chain of disclosures, at least each hour. Append-only; only feed.anchor_disclosures adds rows.';
GRANT SELECT ON feed.disclosure_anchors TO dimona_feed;

CREATE FUNCTION feed.anchor_disclosures(institution text, last_seq bigint, last_hash bytea) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO feed.disclosure_anchors (institution_id, seq, hash)
    SELECT d.institution_id, d.seq, d.hash FROM feed.disclosures d
    WHERE d.institution_id = institution AND d.seq = last_seq AND d.hash = last_hash
    ON CONFLICT DO NOTHING
    RETURNING true
$$;
COMMENT ON FUNCTION feed.anchor_disclosures IS
    'Keeps the hash of an existing row of the log; null if it is kept already. A kept hash never changes.';
REVOKE ALL ON FUNCTION feed.anchor_disclosures FROM PUBLIC;
GRANT EXECUTE ON FUNCTION feed.anchor_disclosures TO dimona_feed;

-- migrate:down
DROP FUNCTION feed.anchor_disclosures;
DROP TABLE feed.disclosure_anchors, feed.disclosures;
