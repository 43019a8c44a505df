-- migrate:up

ALTER TABLE intake.declarations
    DROP CONSTRAINT declarations_kind_check,
    ADD CONSTRAINT declarations_kind_check CHECK (kind IN ('in', 'out', 'update', 'cancel', 'daily'));

-- migrate:down
ALTER TABLE intake.declarations
    DROP CONSTRAINT declarations_kind_check,
    ADD CONSTRAINT declarations_kind_check CHECK (kind IN ('in', 'out', 'update', 'cancel'));
