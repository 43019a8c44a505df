-- migrate:up

ALTER TABLE access.granted DROP CONSTRAINT granted_what_check;
ALTER TABLE access.granted ADD CONSTRAINT granted_what_check CHECK (what IN (
    'legalRepresentation', 'accessManagement', 'userManagement', 'declare', 'consult', 'ebox',
    'eboxManagement', 'contest', 'agent', 'privacy'));

-- migrate:down

DELETE FROM access.granted WHERE what = 'legalRepresentation';
ALTER TABLE access.granted DROP CONSTRAINT granted_what_check;
ALTER TABLE access.granted ADD CONSTRAINT granted_what_check CHECK (what IN (
    'accessManagement', 'userManagement', 'declare', 'consult', 'ebox',
    'eboxManagement', 'contest', 'agent', 'privacy'));
