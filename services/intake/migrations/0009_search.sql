-- migrate:up

-- The only index of a search: the declarations that an organization made for an employer, in the order of numbers.
CREATE INDEX declarations_of_organization ON intake.declarations (organization, employer, number);

-- migrate:down
DROP INDEX intake.declarations_of_organization;
