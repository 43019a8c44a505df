-- migrate:up

-- How agents propose, confirm and end authorizations (ADR 30), over the API or by a command. Each returns done, or
-- the reason why nothing changed.
CREATE FUNCTION access.propose_authorization(institution text, terms jsonb, agent text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    known uuid;
    given access.institution_authorization := jsonb_populate_record(NULL::access.institution_authorization, terms);
BEGIN
    PERFORM FROM access.institution i WHERE i.institution_id = institution FOR UPDATE;
    IF NOT FOUND THEN
        RETURN 'unknownInstitution';
    END IF;
    SELECT a.authorization_id INTO known FROM access.institution_authorization a
    WHERE a.institution_id = institution AND a.ended_at IS NULL ORDER BY a.place DESC LIMIT 1;
    UPDATE access.institution_authorization a SET ended_by = agent, end_reason = 'replaced by another proposal'
    WHERE a.institution_id = institution AND a.confirmed_at IS NULL AND a.ended_at IS NULL;
    INSERT INTO access.institution_authorization (authorization_id, version, institution_id, recipient_class, legal_basis,
        purpose, fields, kinds, all_workers, all_workers_basis, begins_at, expires_at, country, guarantee, contact,
        granted_by)
    SELECT coalesce(known, gen_random_uuid()), coalesce(max(a.version), 0) + 1, institution, given.recipient_class,
        given.legal_basis, given.purpose, given.fields, given.kinds, given.all_workers, given.all_workers_basis,
        given.begins_at, given.expires_at, given.country, given.guarantee, given.contact, agent
    FROM access.institution_authorization a WHERE a.authorization_id = known;
    RETURN 'done';
END $$;
COMMENT ON FUNCTION access.propose_authorization IS
    'Adds a version that gives nothing until another agent confirms it. It takes the place of a former proposal.';

CREATE FUNCTION access.confirm_authorization(institution text, chosen uuid, chosen_version int, agent text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    proposed record;
BEGIN
    PERFORM FROM access.institution i WHERE i.institution_id = institution FOR UPDATE;
    SELECT a.granted_by, a.expires_at INTO proposed FROM access.institution_authorization a
    WHERE a.institution_id = institution AND a.authorization_id = chosen AND a.version = chosen_version
        AND a.confirmed_at IS NULL AND a.ended_at IS NULL;
    IF NOT FOUND THEN
        RETURN 'noProposal';
    ELSIF proposed.granted_by = agent THEN
        RETURN 'sameAgent';
    ELSIF proposed.expires_at <= platform.now() THEN
        RETURN 'expired';
    END IF;
    UPDATE access.institution_authorization a SET confirmed_by = agent
    WHERE a.authorization_id = chosen AND a.version = chosen_version;
    RETURN 'done';
END $$;
COMMENT ON FUNCTION access.confirm_authorization IS 'Puts a proposal in force, or plans it, by another agent than its author.';

CREATE FUNCTION access.end_authorization(institution text, why text, agent text) RETURNS text
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM access.institution i WHERE i.institution_id = institution FOR UPDATE;
    UPDATE access.institution_authorization a SET ended_by = agent, end_reason = why
    WHERE a.institution_id = institution AND a.ended_at IS NULL;
    RETURN CASE WHEN FOUND THEN 'done' ELSE 'noAuthorization' END;
END $$;
COMMENT ON FUNCTION access.end_authorization IS 'Ends all versions of an institution at once, also proposals and planned ones.';
REVOKE ALL ON FUNCTION access.propose_authorization, access.confirm_authorization, access.end_authorization FROM PUBLIC;
GRANT EXECUTE ON FUNCTION access.propose_authorization, access.confirm_authorization, access.end_authorization
    TO dimona_access;

-- An operator acts under the own login, which the server has verified.
CREATE FUNCTION access.operate_authorization(
    act text, institution text, terms jsonb, chosen uuid, chosen_version int, why text
) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    agent CONSTANT text := 'operator:' || session_user;
    outcome CONSTANT text := CASE act
        WHEN 'grant' THEN access.propose_authorization(institution, terms, agent)
        WHEN 'confirm' THEN access.confirm_authorization(institution, chosen, chosen_version, agent)
        WHEN 'end' THEN access.end_authorization(institution, why, agent)
    END;
BEGIN
    IF outcome = 'done' THEN
        INSERT INTO platform.operator_log (account, action, subject, reason)
        VALUES (session_user, 'institution.' || act, institution, why);
    END IF;
    RETURN outcome;
END $$;
COMMENT ON FUNCTION access.operate_authorization IS
    'Proposes, confirms or ends an authorization for an operator: grant, confirm, end.';
REVOKE ALL ON FUNCTION access.operate_authorization FROM PUBLIC;

-- The provisioner takes the account and the events at the broker from an institution without an authorization in force.
CREATE VIEW access.institution_accounts AS
    SELECT i.institution_id, EXISTS (
        SELECT FROM access.institution_authorizations a
        WHERE a.institution_id = i.institution_id AND a.valid_from <= platform.now()
            AND (a.valid_to IS NULL OR a.valid_to > platform.now())) AS in_force
    FROM access.institution i;
COMMENT ON VIEW access.institution_accounts IS 'Institutions, each with whether an authorization is in force now.';
GRANT SELECT ON access.institution_accounts TO dimona_provisioner;

-- migrate:down
DROP VIEW access.institution_accounts;
DROP FUNCTION access.operate_authorization, access.end_authorization, access.confirm_authorization,
    access.propose_authorization;
