-- migrate:up

ALTER TABLE notifier.notifications
    ADD available_at timestamptz,
    ADD deadline date,
    ADD CONSTRAINT provisional_opens_no_window CHECK (NOT provisional OR deadline IS NULL);
UPDATE notifier.notifications SET available_at = issued_at;
ALTER TABLE notifier.notifications ALTER available_at SET NOT NULL;
COMMENT ON COLUMN notifier.notifications.available_at IS
    'When it first was available to its addressee: its deposit in the e-Box. The window to contest opens that day (D30).';
COMMENT ON COLUMN notifier.notifications.deadline IS
    'Last day to contest, as it was printed; null on a provisional one, and on those made before it was kept here.';

CREATE TABLE notifier.messages (
    message_id uuid PRIMARY KEY,
    enterprise_number text NOT NULL,
    message_type text NOT NULL,
    sender text NOT NULL,
    language text NOT NULL CHECK (language IN ('fr', 'nl', 'de', 'en')),
    subject jsonb NOT NULL CHECK (subject ?& ARRAY['fr', 'nl', 'de', 'en']),
    declaration_id bigint,
    deposited_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > deposited_at),
    letter text,
    data text,
    words tsvector NOT NULL,
    CHECK (letter IS NOT NULL OR data IS NOT NULL)
);
COMMENT ON TABLE notifier.messages IS
    'What lies in the e-Boxes. Nothing in a row ever changes: who read it, labels and attention are other tables.';
COMMENT ON COLUMN notifier.messages.message_id IS 'Of a notification: its own id.';
COMMENT ON COLUMN notifier.messages.enterprise_number IS 'Whose e-Box it lies in.';
COMMENT ON COLUMN notifier.messages.message_type IS 'A MessageType; access is given type by type.';
COMMENT ON COLUMN notifier.messages.sender IS 'Enterprise number of the authority or institution it comes from.';
COMMENT ON COLUMN notifier.messages.declaration_id IS 'The declaration it is about, where it is about one.';
COMMENT ON COLUMN notifier.messages.letter IS
    'Every word that the addressee reads, in his language (JSON); its layout as a page is made when it is read. '
    'Null for what was deposited before letters were written.';
COMMENT ON COLUMN notifier.messages.data IS 'The same for programs: the event (JSON), where there is one.';
COMMENT ON COLUMN notifier.messages.words IS 'What free text search looks in; no NISS is ever among it.';
CREATE INDEX ON notifier.messages (enterprise_number, deposited_at DESC, message_id DESC);
CREATE INDEX ON notifier.messages USING gin (words);

CREATE TABLE notifier.readings (
    message_id uuid REFERENCES notifier.messages,
    reader text NOT NULL,
    read_at timestamptz NOT NULL,
    PRIMARY KEY (message_id, reader)
);
COMMENT ON TABLE notifier.readings IS 'Who first read which message when; reader is the subject of a token.';

CREATE TABLE notifier.labels (
    message_id uuid REFERENCES notifier.messages,
    label text NOT NULL CHECK (label <> '' AND length(label) <= 50),
    reader text NOT NULL DEFAULT '',
    PRIMARY KEY (message_id, label, reader)
);
COMMENT ON TABLE notifier.labels IS
    'Labels on messages: a reader''s own, or everybody''s of the enterprise where reader is empty.';

CREATE TABLE notifier.attention (
    message_id uuid REFERENCES notifier.messages,
    user_id text NOT NULL,
    asked_by text NOT NULL,
    asked_at timestamptz NOT NULL,
    PRIMARY KEY (message_id, user_id)
);
COMMENT ON TABLE notifier.attention IS 'For whose attention a message is; user_id as in access.rights.';

CREATE TABLE notifier.announcements (
    message_id uuid PRIMARY KEY REFERENCES notifier.messages,
    event_type text NOT NULL,
    due_at timestamptz NOT NULL
);
COMMENT ON TABLE notifier.announcements IS
    'The next event of each message, and when: work to be done, so rows change and go. What came of it is ebox_events.';
CREATE INDEX ON notifier.announcements (due_at);

CREATE TABLE notifier.ebox_events (
    sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_type text NOT NULL CHECK (event_type IN ('newDocument', 'newDocumentReminder', 'documentExpirationAlert')),
    enterprise_number text NOT NULL,
    message_type text NOT NULL,
    message_id uuid NOT NULL REFERENCES notifier.messages,
    occurred_at timestamptz NOT NULL,
    UNIQUE (message_id, event_type)
);
COMMENT ON TABLE notifier.ebox_events IS
    'The events feed of the e-Boxes. Written under one lock, so that numbers become visible in their order.';
CREATE INDEX ON notifier.ebox_events (enterprise_number, sequence);

INSERT INTO notifier.messages (message_id, enterprise_number, message_type, sender, language, subject,
    declaration_id, deposited_at, expires_at, data, words)
SELECT b.notification_id, b.addressee, t.message_type, '0206731645', 'en',
       jsonb_build_object('fr', t.subject, 'nl', t.subject, 'de', t.subject, 'en', t.subject),
       n.declaration_id, b.deposited_at, b.deposited_at + interval '5 years', b.event,
       to_tsvector('simple', t.subject)
FROM notifier.mailbox b JOIN notifier.notifications n USING (notification_id)
CROSS JOIN LATERAL (SELECT 'Dimona ' || n.declaration_id AS subject,
    CASE n.result WHEN 'B' THEN 'dimonaNegative' WHEN 'S' THEN 'dimonaProvisional' ELSE 'dimonaPositive' END
    AS message_type) t;
INSERT INTO notifier.announcements
SELECT message_id, 'newDocument', deposited_at FROM notifier.messages;
DROP TABLE notifier.mailbox;

GRANT SELECT, INSERT ON notifier.messages, notifier.readings, notifier.ebox_events TO dimona_notifier;
GRANT SELECT, INSERT, DELETE ON notifier.labels, notifier.attention TO dimona_notifier;
GRANT SELECT, INSERT, UPDATE, DELETE ON notifier.announcements TO dimona_notifier;

-- migrate:down
CREATE TABLE notifier.mailbox (
    notification_id uuid PRIMARY KEY REFERENCES notifier.notifications,
    addressee text NOT NULL,
    event text NOT NULL,
    deposited_at timestamptz NOT NULL
);
COMMENT ON TABLE notifier.mailbox IS 'Notifications of addressees that have no queue of their own.';
CREATE INDEX ON notifier.mailbox (addressee, deposited_at);
GRANT SELECT, INSERT ON notifier.mailbox TO dimona_notifier;
INSERT INTO notifier.mailbox
SELECT m.message_id, m.enterprise_number, m.data, m.deposited_at
FROM notifier.messages m JOIN notifier.notifications n ON n.notification_id = m.message_id WHERE m.data IS NOT NULL;
DROP TABLE notifier.ebox_events, notifier.announcements, notifier.attention, notifier.labels, notifier.readings,
    notifier.messages;
ALTER TABLE notifier.notifications DROP CONSTRAINT provisional_opens_no_window, DROP COLUMN deadline,
    DROP COLUMN available_at;
