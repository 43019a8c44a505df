-- migrate:up
-- A former number of an agent makes a case an own matter, too.
GRANT EXECUTE ON FUNCTION identification.numbers_of_person TO dimona_identification;

-- migrate:down
REVOKE EXECUTE ON FUNCTION identification.numbers_of_person FROM dimona_identification;
