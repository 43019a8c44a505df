-- migrate:up
-- Agents of the authority read cases with their candidates, and decide about them over HTTP.
CREATE TABLE identification.readings (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    read_at timestamptz NOT NULL,
    agent text NOT NULL,
    client_id text,
    operation text NOT NULL,
    declarations bigint[] NOT NULL,
    workers text[] NOT NULL,
    reason text CHECK (reason <> ''),
    refused text
);
COMMENT ON TABLE identification.readings IS
    'Each look of an agent at cases, each decision, and each refused request, in the transaction that answers. Append-only.';
COMMENT ON COLUMN identification.readings.agent IS 'Subject of the token.';
COMMENT ON COLUMN identification.readings.declarations IS 'Numbers of the declarations whose cases were shown or decided.';
COMMENT ON COLUMN identification.readings.workers IS 'Keyed codes of the declared worker and of the candidates that were shown.';
COMMENT ON COLUMN identification.readings.reason IS 'The reason that an agent typed with a decision.';
COMMENT ON COLUMN identification.readings.refused IS 'The reason of a refusal; null for an answered request.';
CREATE INDEX ON identification.readings USING gin (workers);
CREATE INDEX ON identification.readings USING gin (declarations);
GRANT INSERT ON identification.readings TO dimona_identification;
COMMENT ON COLUMN identification.case_history.decided_by IS
    'Account name of the operator, or user id of the agent, that ended the case; null when the register or the deadline did.';
COMMENT ON COLUMN identification.case_history.reason IS
    'opened: unknown_number, deceased, nobody, ambiguous; after that the cause of the end: register, operator (also an agent), deadline.';

-- The rights of agents are read on every request.
GRANT SELECT ON access.clients, access.rights, access.revoked TO dimona_identification;
GRANT INSERT (event, outcome, subject, client_id, operation, source) ON platform.security_log
    TO dimona_identification;

CREATE FUNCTION identification.looks_at_person(codes text[], numbers bigint[], before timestamptz, most int)
RETURNS TABLE (place text, looked_at timestamptz, reader text, organization text, operation text, subject jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT 'identification.readings', r.read_at, r.agent, NULL::text, r.operation,
        jsonb_strip_nulls(jsonb_build_object('words', r.reason))
    FROM identification.readings r
    WHERE (r.workers && codes OR r.declarations && numbers) AND r.refused IS NULL AND r.read_at < before
    ORDER BY r.read_at DESC FETCH FIRST most ROWS WITH TIES
$$;
COMMENT ON FUNCTION identification.looks_at_person IS
    'The newest looks of agents before an instant at cases about a worker, or with the worker as a candidate.';
REVOKE ALL ON FUNCTION identification.looks_at_person FROM PUBLIC;
GRANT EXECUTE ON FUNCTION identification.looks_at_person TO dimona_contact;

-- migrate:down
DROP FUNCTION identification.looks_at_person;
REVOKE INSERT (event, outcome, subject, client_id, operation, source) ON platform.security_log
    FROM dimona_identification;
REVOKE SELECT ON access.clients, access.rights, access.revoked FROM dimona_identification;
DROP TABLE identification.readings;
