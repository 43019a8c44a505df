-- migrate:up
-- A file that was canceled before its forms were submitted can be sent again.
ALTER TABLE files.files DROP CONSTRAINT files_expeditor_name_sha256_key;
CREATE UNIQUE INDEX files_expeditor_name_sha256 ON files.files (expeditor, name, sha256)
    WHERE state <> 'canceled' OR submitted > 0;
COMMENT ON TABLE files.files IS
    'Each file that was received. A repeat (name and content) has a row only if the earlier one was canceled whole.';
