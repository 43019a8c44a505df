-- migrate:up

CREATE TABLE notifier.inbox_situations PARTITION OF notifier.inbox FOR VALUES IN ('situations');

-- migrate:down
DROP TABLE notifier.inbox_situations;
