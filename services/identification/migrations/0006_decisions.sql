-- migrate:up

ALTER TABLE identification.case_history ADD decided_by text;
COMMENT ON COLUMN identification.case_history.decided_by IS
    'Account name of the operator that ended the case; null when the register or the deadline did.';

-- migrate:down
ALTER TABLE identification.case_history DROP decided_by;
