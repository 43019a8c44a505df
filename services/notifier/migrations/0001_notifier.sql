-- migrate:up

CREATE TABLE notifier.notifications (
    notification_id uuid PRIMARY KEY,
    declaration_id bigint NOT NULL,
    provisional boolean NOT NULL,
    result char(1) NOT NULL,
    addressee text NOT NULL,
    issued_at timestamptz NOT NULL,
    UNIQUE (declaration_id, provisional),
    CHECK (provisional = (result = 'S'))
);
COMMENT ON TABLE notifier.notifications IS
    'At most one provisional and exactly one final notification of each declaration (D3).';
COMMENT ON COLUMN notifier.notifications.addressee IS 'Enterprise number of the one who is notified.';

CREATE TABLE notifier.mailbox (
    notification_id uuid PRIMARY KEY REFERENCES notifier.notifications,
    addressee text NOT NULL,
    event text NOT NULL,
    deposited_at timestamptz NOT NULL
);
COMMENT ON TABLE notifier.mailbox IS 'Notifications of addressees that have no queue of their own.';
CREATE INDEX ON notifier.mailbox (addressee, deposited_at);

SELECT platform.create_pipeline('notifier', ARRAY['notify']);
GRANT SELECT, INSERT ON notifier.notifications, notifier.mailbox TO dimona_notifier;

-- migrate:down
DROP SCHEMA notifier CASCADE;
