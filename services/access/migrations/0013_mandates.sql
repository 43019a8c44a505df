-- migrate:up

-- A mandate that was refused or revoked stays, and another may be proposed for the same quarter.
ALTER TABLE access.mandate
    ADD mandate_id uuid NOT NULL DEFAULT gen_random_uuid(),
    ADD proposed_by text CHECK (proposed_by IN ('mandator', 'mandatary')),
    ADD proposed_at timestamptz NOT NULL DEFAULT platform.now(),
    ADD validated_by_mandator_at timestamptz,
    ADD validated_by_mandatary_at timestamptz,
    ADD ended_at timestamptz,
    ADD replaces uuid,
    DROP CONSTRAINT mandate_pkey,
    DROP CONSTRAINT mandate_status_check,
    DROP CONSTRAINT mandate_application_group_check,
    ALTER mandator SET NOT NULL,
    ALTER mandatary SET NOT NULL,
    ALTER application_group SET NOT NULL,
    ALTER begin_quarter SET NOT NULL;
ALTER TABLE access.mandate
    ADD PRIMARY KEY (mandate_id),
    ADD FOREIGN KEY (replaces) REFERENCES access.mandate,
    ADD CONSTRAINT mandate_status_check
        CHECK (status IN ('pending', 'to_finalize', 'active', 'closed', 'refused')),
    ADD CONSTRAINT mandate_application_group_check CHECK (application_group ~ '^[a-z][A-Za-z_]{0,40}$');
CREATE UNIQUE INDEX mandate_once ON access.mandate (mandator, mandatary, application_group, begin_quarter)
    WHERE status IN ('pending', 'to_finalize', 'active');
CREATE INDEX ON access.mandate (mandator);
COMMENT ON COLUMN access.mandate.status IS
    'pending → to_finalize (one side has validated it) → active (both have) → closed; refused before that. '
    'Only active counts; a mandate whose end quarter is past may still be called active.';
COMMENT ON COLUMN access.mandate.proposed_by IS
    'The side that proposed it; null where a file brought it, then on paper: without validations of its own.';
COMMENT ON COLUMN access.mandate.ended_at IS 'When it was refused or revoked.';
COMMENT ON COLUMN access.mandate.replaces IS
    'The mandate of another mandatary that ends with the quarter before this one begins.';

ALTER TABLE access.affiliation ADD affiliation_id uuid NOT NULL UNIQUE DEFAULT gen_random_uuid();

-- migrate:down

ALTER TABLE access.affiliation DROP COLUMN affiliation_id;
DELETE FROM access.mandate WHERE status = 'to_finalize';
DROP INDEX access.mandate_once;
ALTER TABLE access.mandate
    DROP COLUMN replaces, DROP COLUMN ended_at, DROP COLUMN validated_by_mandatary_at,
    DROP COLUMN validated_by_mandator_at, DROP COLUMN proposed_at, DROP COLUMN proposed_by,
    DROP COLUMN mandate_id,
    DROP CONSTRAINT mandate_status_check,
    ADD CONSTRAINT mandate_status_check CHECK (status IN ('pending', 'active', 'closed', 'refused')),
    ADD PRIMARY KEY (mandator, mandatary, application_group, begin_quarter);
