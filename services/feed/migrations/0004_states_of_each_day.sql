-- migrate:up
-- A worker can be due on several days: a second inscription from a later day does not move the state of the first.
ALTER TABLE feed.states_due DROP CONSTRAINT states_due_pkey, ADD PRIMARY KEY (institution_id, ssin, due_on);

-- migrate:down
DELETE FROM feed.states_due s USING feed.states_due earlier
WHERE (s.institution_id, s.ssin) = (earlier.institution_id, earlier.ssin) AND s.due_on > earlier.due_on;
ALTER TABLE feed.states_due DROP CONSTRAINT states_due_pkey, ADD PRIMARY KEY (institution_id, ssin);
