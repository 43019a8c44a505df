-- migrate:up
-- Deliveries to institutions that waited in the personnel file at the upgrade obey no rule of the feed (ADR 34), and the
-- account of the personnel file may no longer write to these queues. The feed sends their events again, by its own
-- rule: the position of the institution goes back to the minute before the oldest of them was written.
UPDATE feed.positions p SET (xid, id) = (f.xid, f.id - 1)
FROM (
    SELECT lane, min(created_at) - interval '1 minute' AS since
    FROM (SELECT lane, created_at FROM personnel_file.deliveries
        UNION ALL SELECT lane, created_at FROM personnel_file.set_aside) AS w
    GROUP BY lane) AS w
CROSS JOIN LATERAL (
    SELECT e.xid, e.id FROM personnel_file.feed e WHERE e.occurred_at >= w.since ORDER BY e.xid, e.id LIMIT 1) AS f
WHERE w.lane = 'institution.' || p.institution_id AND (f.xid, f.id) <= (p.xid, p.id);
DELETE FROM personnel_file.deliveries WHERE lane LIKE 'institution.%';
DELETE FROM personnel_file.set_aside WHERE lane LIKE 'institution.%';

-- migrate:down
-- The deleted rows are not made again: the feed has sent their events.
SELECT 1;
