-- migrate:up
-- A logout ends the codes of its login, and the sealing looks for secrets that are still in clear.
CREATE INDEX ON access.code (login_id);
CREATE INDEX factor_in_clear ON access.factor (user_id) WHERE kind = 'totp' AND secret NOT LIKE 'v1.%';

-- migrate:down

DROP INDEX access.factor_in_clear;
DROP INDEX access.code_login_id_idx;
