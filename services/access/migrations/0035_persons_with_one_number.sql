-- migrate:up

-- Whether a NISS is known must not show in an answer. So other names under a known NISS are another person, whom the
-- register of enterprises does not know and who gets no login until the operator has decided who is meant.
ALTER TABLE access.person DROP CONSTRAINT person_ssin_key;
ALTER TABLE access.person ADD place bigint GENERATED ALWAYS AS IDENTITY;
CREATE INDEX person_ssin ON access.person (ssin, place);
COMMENT ON COLUMN access.person.place IS
    'Order of storing. The first person with a NISS has it; a later one was stored with other names.';

-- migrate:down
DROP INDEX access.person_ssin;
ALTER TABLE access.person DROP place;
ALTER TABLE access.person ADD CONSTRAINT person_ssin_key UNIQUE (ssin);
