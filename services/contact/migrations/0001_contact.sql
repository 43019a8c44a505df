-- migrate:up

CREATE TABLE contact.notifications (
    notification_id uuid PRIMARY KEY,
    declaration_id bigint NOT NULL,
    employer text,
    addressee text NOT NULL,
    result char(1) NOT NULL CHECK (result IN ('A', 'W', 'B', 'S')),
    ssin text,
    available_at timestamptz NOT NULL,
    deadline date,
    final_at timestamptz CHECK (final_at IS NULL OR deadline IS NOT NULL),
    CHECK ((deadline IS NULL) = (result = 'S'))
);
COMMENT ON TABLE contact.notifications IS 'What can be contested, by whom and until when, as the notifier told it.';
COMMENT ON COLUMN contact.notifications.deadline IS 'Last day to contest; null on a provisional one (D30).';
COMMENT ON COLUMN contact.notifications.final_at IS
    'When nothing could be contested any more: the window was closed and no case was open. Told once.';
CREATE INDEX ON contact.notifications (deadline) WHERE final_at IS NULL;
CREATE INDEX ON contact.notifications (employer);
CREATE INDEX ON contact.notifications (ssin);

CREATE TABLE contact.cases (
    case_id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('contestation', 'complaint', 'privacy')),
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'upheld', 'rejected', 'withdrawn', 'answered')),
    enterprise_number text,
    notification_id uuid REFERENCES contact.notifications,
    said text NOT NULL,
    opened_at timestamptz NOT NULL,
    opened_by text NOT NULL,
    due_on date NOT NULL,
    agent text,
    answer text,
    ended_at timestamptz,
    CHECK ((kind = 'contestation') = (notification_id IS NOT NULL)),
    CHECK (kind <> 'contestation' OR enterprise_number IS NOT NULL),
    CHECK ((state = 'open') = (ended_at IS NULL)),
    CHECK ((state IN ('upheld', 'rejected', 'answered')) = (answer IS NOT NULL))
);
COMMENT ON TABLE contact.cases IS 'Contestations and complaints: what somebody of the authority has to answer.';
COMMENT ON COLUMN contact.cases.enterprise_number IS 'Who contests; of a complaint, the enterprise it is about, if any.';
COMMENT ON COLUMN contact.cases.said IS 'Why it is contested, or what the complaint is.';
COMMENT ON COLUMN contact.cases.opened_by IS 'Subject of the token, or client id; anonymous where anybody may.';
COMMENT ON COLUMN contact.cases.due_on IS 'The day on which it has to be answered, or progress told.';
COMMENT ON COLUMN contact.cases.agent IS 'Who works on it; subject of a token.';
CREATE UNIQUE INDEX one_open_contestation ON contact.cases (notification_id, enterprise_number)
    WHERE state = 'open' AND kind = 'contestation';
CREATE INDEX ON contact.cases (notification_id);
CREATE INDEX ON contact.cases (enterprise_number, opened_at);
CREATE INDEX ON contact.cases (due_on) WHERE state = 'open';

CREATE TABLE contact.history (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES contact.cases,
    event text NOT NULL,
    words text,
    happened_at timestamptz NOT NULL,
    by_whom text NOT NULL
);
COMMENT ON TABLE contact.history IS 'Everything that was done with a case; append-only.';
CREATE INDEX ON contact.history (case_id, seq);

CREATE SEQUENCE contact.decision_numbers;
CREATE TABLE contact.decisions (
    decision_number text PRIMARY KEY,
    case_id uuid NOT NULL UNIQUE REFERENCES contact.cases,
    notification_id uuid NOT NULL REFERENCES contact.notifications,
    declaration_id bigint NOT NULL,
    words text NOT NULL,
    decided_at timestamptz NOT NULL,
    decided_by text NOT NULL
);
COMMENT ON TABLE contact.decisions IS
    'What an upheld contestation ends with: a new decision with a number of its own, which refers to the first (D30).';

CREATE TABLE contact.commands (
    client_id text NOT NULL,
    message_id text NOT NULL,
    PRIMARY KEY (client_id, message_id)
);
COMMENT ON TABLE contact.commands IS 'What each client has sent, by its own message id: a repeat has no effect.';
CREATE TABLE contact.replies (
    client_id text NOT NULL,
    message_id text NOT NULL,
    body_sha256 bytea NOT NULL,
    event_id uuid NOT NULL,
    type text NOT NULL,
    event text NOT NULL,
    PRIMARY KEY (client_id, message_id, body_sha256)
);
COMMENT ON TABLE contact.replies IS 'What was replied to each of them, to send the same again.';

CREATE TABLE contact.refusals (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    refused_at timestamptz NOT NULL,
    who text NOT NULL,
    what text NOT NULL,
    enterprise_number text
);
COMMENT ON TABLE contact.refusals IS 'Who was refused what, and for whom, because he has no right to it.';

SELECT platform.create_pipeline('contact', ARRAY['notifications']);
GRANT SELECT, INSERT ON contact.notifications, contact.cases, contact.history, contact.decisions, contact.commands,
    contact.replies, contact.refusals TO dimona_contact;
GRANT UPDATE (final_at) ON contact.notifications TO dimona_contact;
GRANT UPDATE (state, agent, answer, ended_at) ON contact.cases TO dimona_contact;
GRANT USAGE ON SEQUENCE contact.decision_numbers TO dimona_contact;
GRANT USAGE ON SCHEMA access TO dimona_contact;
GRANT SELECT ON access.clients, access.rights TO dimona_contact;

-- migrate:down
REVOKE SELECT ON access.clients, access.rights FROM dimona_contact;
REVOKE USAGE ON SCHEMA access FROM dimona_contact;
DROP TABLE contact.refusals, contact.replies, contact.commands, contact.decisions, contact.history, contact.cases,
    contact.notifications;
DROP SEQUENCE contact.decision_numbers;
DROP TABLE contact.inbox, contact.suspects, contact.outbox, contact.deliveries, contact.set_aside;
