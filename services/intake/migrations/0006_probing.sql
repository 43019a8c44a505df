-- migrate:up

CREATE TABLE intake.client_days (
    day date NOT NULL,
    client_id text NOT NULL,
    new_workers integer NOT NULL DEFAULT 0,
    quick_cancels integer NOT NULL DEFAULT 0,
    contradictions integer NOT NULL DEFAULT 0,
    PRIMARY KEY (day, client_id)
);
COMMENT ON TABLE intake.client_days IS
    'How often a client did on a day what a search of the person register would look like; counts only.';
COMMENT ON COLUMN intake.client_days.new_workers IS 'Workers that its INs named first; the daily bound counts them.';
COMMENT ON COLUMN intake.client_days.quick_cancels IS 'CANCELs within a day of their IN.';
COMMENT ON COLUMN intake.client_days.contradictions IS 'Results with a warning -348: the register has other data.';

CREATE TABLE intake.new_workers (
    day date NOT NULL,
    client_id text NOT NULL,
    worker text NOT NULL,
    PRIMARY KEY (day, client_id, worker)
);
COMMENT ON TABLE intake.new_workers IS 'The workers behind the count of a day, as keyed codes; deleted afterwards.';

ALTER TABLE intake.denials
    DROP CONSTRAINT denials_reason_check,
    ADD CONSTRAINT denials_reason_check CHECK (reason IN ('not_registered', 'no_mandate', 'too_many_workers'));

GRANT SELECT, INSERT, UPDATE ON intake.client_days TO dimona_intake;
GRANT SELECT, INSERT, DELETE ON intake.new_workers TO dimona_intake;

-- migrate:down
DELETE FROM intake.denials WHERE reason = 'too_many_workers';
ALTER TABLE intake.denials
    DROP CONSTRAINT denials_reason_check,
    ADD CONSTRAINT denials_reason_check CHECK (reason IN ('not_registered', 'no_mandate'));
DROP TABLE intake.new_workers, intake.client_days;
