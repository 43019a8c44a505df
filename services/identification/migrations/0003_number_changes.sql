-- migrate:up

CREATE SEQUENCE identification.number_changes;
COMMENT ON SEQUENCE identification.number_changes IS
    'Counts what is said about replaced numbers, in the order in which the register was learned.';
GRANT USAGE ON identification.number_changes TO dimona_identification;

-- migrate:down
DROP SEQUENCE identification.number_changes;
