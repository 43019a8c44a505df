-- migrate:up

CREATE TABLE notifier.inbox_letters PARTITION OF notifier.inbox FOR VALUES IN ('letters');

-- migrate:down
DROP TABLE notifier.inbox_letters;
