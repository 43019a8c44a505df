-- migrate:up

-- One flag cannot be turned into facts: the register tells its quarters anew.
DELETE FROM identification.careers;
ALTER TABLE identification.careers
    DROP COLUMN flexi,
    ADD COLUMN share numeric(5, 4),
    ADD COLUMN foreign_share numeric(5, 4),
    ADD COLUMN pensioner boolean NOT NULL;
COMMENT ON COLUMN identification.careers.share IS
    'Share of full time with all employers; NULL: the register does not know it, or took it back.';
COMMENT ON COLUMN identification.careers.foreign_share IS
    'Share of full time abroad, as an agent entered it in the register.';
COMMENT ON COLUMN identification.careers.pensioner IS 'Whether the worker had a pension in this quarter.';

-- migrate:down
DELETE FROM identification.careers;
ALTER TABLE identification.careers
    DROP COLUMN share,
    DROP COLUMN foreign_share,
    DROP COLUMN pensioner,
    ADD COLUMN flexi boolean;
COMMENT ON COLUMN identification.careers.flexi IS
    'Whether it opens flexi-jobs three quarters later; NULL: the register took back what it had told.';
