-- migrate:up
-- The statement that moves the end of a chain returns the end of before. Only PostgreSQL 18 can return the old row.
ALTER TABLE intake.chains ADD COLUMN previous bigint;
COMMENT ON COLUMN intake.chains.previous IS 'The declaration before the last one; null for the first of the chain.';

-- migrate:down
ALTER TABLE intake.chains DROP COLUMN previous;
