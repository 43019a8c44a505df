-- migrate:up

ALTER TABLE contact.complainants ADD code_sha256 bytea, ADD confirmed_at timestamptz;
COMMENT ON COLUMN contact.complainants.code_sha256 IS
    'Digest of the code in the acknowledgement: its reader owns the e-mail address. Null without an e-mail address.';
COMMENT ON COLUMN contact.complainants.confirmed_at IS
    'When the code came back. Until then letters with content go by mail.';
GRANT UPDATE (confirmed_at) ON contact.complainants TO dimona_contact;

-- Addresses of before were used without a code.
UPDATE contact.complainants SET confirmed_at = platform.now() WHERE email IS NOT NULL;

-- migrate:down
REVOKE UPDATE (confirmed_at) ON contact.complainants FROM dimona_contact;
ALTER TABLE contact.complainants DROP COLUMN code_sha256, DROP COLUMN confirmed_at;
