-- migrate:up
-- Operators change senders of files through these functions only, and so never without a row in their log.
CREATE FUNCTION files.set_expeditor(number text, client text, new_key text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO files.expeditors AS e (expeditor, client_id, public_key)
    SELECT number, client, new_key WHERE EXISTS (SELECT FROM access.clients c WHERE c.client_id = client)
        AND NOT EXISTS (SELECT FROM files.expeditors o WHERE o.client_id = client AND o.expeditor <> number)
    ON CONFLICT (expeditor) DO UPDATE SET public_key = excluded.public_key, blocked_at = NULL
    WHERE e.client_id = excluded.client_id;
    IF NOT FOUND THEN
        RETURN FALSE;
    END IF;
    INSERT INTO platform.operator_log (account, action, subject) VALUES (session_user, 'expeditor.add', number);
    RETURN TRUE;
END $$;
COMMENT ON FUNCTION files.set_expeditor IS
    'Adds a sender of files for an operator, or replaces its key; false for an unknown or another client.';

CREATE FUNCTION files.block_expeditor(number text, why text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE files.expeditors SET blocked_at = platform.now() WHERE expeditor = number AND blocked_at IS NULL;
    IF NOT FOUND THEN
        RETURN FALSE;
    END IF;
    INSERT INTO platform.operator_log (account, action, subject, reason)
    VALUES (session_user, 'expeditor.block', number, why);
    RETURN TRUE;
END $$;
COMMENT ON FUNCTION files.block_expeditor IS 'Blocks a sender of files for an operator; false if it cannot log in anyway.';
REVOKE ALL ON FUNCTION files.set_expeditor, files.block_expeditor FROM PUBLIC;

COMMENT ON COLUMN platform.operator_log.subject IS
    'The client of a block; the user id of a person; the number of a sender of files; the sequence number of a change '
    'of a register, as in its row.';

-- migrate:down
COMMENT ON COLUMN platform.operator_log.subject IS
    'The client of a block; the user id of a person; the sequence number of a change of a register, as in its row.';
DROP FUNCTION files.set_expeditor, files.block_expeditor;
