-- migrate:up

-- An institution calls the feed through technical clients with keys of their own, and tokens of ten minutes with a scope,
-- as every other program does (ADR 34). The token of before had no term and no scope.
CREATE TABLE access.institution_client (
    client_id text PRIMARY KEY REFERENCES access.client,
    institution_id text NOT NULL REFERENCES access.institution
);
COMMENT ON TABLE access.institution_client IS
    'Technical clients that read the feed of an institution. The organization of the client may be another one, which runs it.';
CREATE INDEX ON access.institution_client (institution_id);
CREATE TRIGGER remember AFTER INSERT OR UPDATE OR DELETE ON access.institution_client
    FOR EACH ROW EXECUTE FUNCTION access.remember_of_institution('institutionClients');

CREATE VIEW access.institution_clients AS SELECT client_id, institution_id FROM access.institution_client;
COMMENT ON VIEW access.institution_clients IS 'The institution of each technical client that reads a feed.';

DROP VIEW access.institutions;
ALTER TABLE access.institution DROP COLUMN token_sha256;
COMMENT ON TABLE access.institution IS 'Institutions that may have the feed.';
CREATE VIEW access.institutions AS SELECT institution_id, batches FROM access.institution;
COMMENT ON VIEW access.institutions IS 'Institutions, and whether ready events come as one batch.';

GRANT SELECT, INSERT, UPDATE ON access.institution_client TO dimona_access;
GRANT SELECT ON access.institutions TO dimona_personnel_file, dimona_feed;
GRANT SELECT ON access.institution_clients, access.revoked, access.organizations_of_clients TO dimona_feed;

-- migrate:down
REVOKE SELECT ON access.revoked, access.organizations_of_clients FROM dimona_feed;
DROP VIEW access.institutions, access.institution_clients;
DROP TABLE access.institution_client;
ALTER TABLE access.institution ADD token_sha256 bytea UNIQUE CHECK (octet_length(token_sha256) = 32);
-- No token of before is kept: each institution needs a new one.
UPDATE access.institution SET token_sha256 = sha256(gen_random_uuid()::text::bytea);
ALTER TABLE access.institution ALTER token_sha256 SET NOT NULL;
COMMENT ON TABLE access.institution IS 'Institutions that may have the feed, and the hash of the token with which each pulls.';
CREATE VIEW access.institutions AS SELECT institution_id, token_sha256, batches FROM access.institution;
COMMENT ON VIEW access.institutions IS 'Institutions: hash of the token, and whether ready events come as one batch.';
GRANT SELECT ON access.institutions TO dimona_personnel_file, dimona_feed;
