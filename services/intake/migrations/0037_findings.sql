-- migrate:up
-- What reception found and no other column has, from which a declaration is sent on again when its message is lost (ADR 38).
ALTER TABLE intake.declarations ADD findings text, ADD registers_days boolean;
COMMENT ON COLUMN intake.declarations.findings IS
    'Warnings of reception of an admitted declaration, as JSON; null without any, and for rows before this column.';
COMMENT ON COLUMN intake.declarations.registers_days IS
    'Of a daily registration: whether the employer registered days in Dimona at reception; null for the other kinds.';

-- migrate:down
ALTER TABLE intake.declarations DROP COLUMN findings, DROP COLUMN registers_days;
