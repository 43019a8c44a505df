-- migrate:up
-- Signatures of files, where the deployment asks for them (ADR 28).
CREATE TABLE files.signatures (
    ticket text PRIMARY KEY REFERENCES files.files ON DELETE CASCADE,
    content bytea,
    reason text
);
COMMENT ON TABLE files.signatures IS 'The FS file of each file that had to be signed, as evidence.';
COMMENT ON COLUMN files.signatures.content IS 'As it came; null if there was none.';
COMMENT ON COLUMN files.signatures.reason IS 'The reason of Annex 30 for refusing the file; null for a right signature.';

GRANT SELECT, INSERT ON files.signatures TO dimona_files;

-- migrate:down
DROP TABLE files.signatures;
