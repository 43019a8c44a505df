-- migrate:up

-- All clients of an organization count together: with twenty clients it had twenty bounds.
ALTER TABLE intake.client_days RENAME TO organization_days;
ALTER TABLE intake.organization_days RENAME COLUMN client_id TO organization;
ALTER TABLE intake.new_workers RENAME COLUMN client_id TO organization;
COMMENT ON TABLE intake.organization_days IS
    'How often the clients of an organization did on a day what a search of the person register would look like; counts only.';

-- migrate:down
ALTER TABLE intake.new_workers RENAME COLUMN organization TO client_id;
ALTER TABLE intake.organization_days RENAME COLUMN organization TO client_id;
ALTER TABLE intake.organization_days RENAME TO client_days;
COMMENT ON TABLE intake.client_days IS
    'How often a client did on a day what a search of the person register would look like; counts only.';
