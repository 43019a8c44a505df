"""The dashboard "Where is it stuck?": queues, batches, outboxes and what waits in them."""

from __future__ import annotations

from typing import Final

from deploy.grafana.panel import (
    QUEUES,
    Dashboard,
    Panel,
    legend,
    levels,
    most,
    per_minute,
    quantile,
    rates,
    total,
)

DASHBOARD: Final = Dashboard(
    "stuck", "Dimona: where is it stuck?",
    "At which queue, service or table declarations stand still.",
    (
        Panel(
            "Queue depth",
            "Messages in each queue of the services, delivered or not; the broker counts carriers of up to "
            "256 events. So the declarations that are not final are counted too. Both fall back to 0 between "
            "bursts; a queue that only grows has no consumer, or one that holds its batch.",
            {"{{queue}}": f"sum by (queue) (rabbitmq_detailed_queue_messages{{{QUEUES}}})",
             "declarations not final": most("dimona_declarations_open")},
            width=12, runbook="consumer-missing",
        ),
        Panel(
            "Consumers",
            "1 while the broker knows a process as consumer of the queue; the number of processes if "
            "several.",
            {"{{queue}}": total("dimona_consumer_up", "queue")},
            width=12, runbook="consumer-missing",
        ),
        Panel(
            "Held batches",
            "How long a consumer has been holding its batch because a dependency is down; 0 otherwise.",
            {"{{queue}}": most("dimona_consumer_hold_seconds", "queue")},
            unit="s", width=12, red_from=30, runbook="held",
        ),
        Panel(
            "Time of one batch, p95",
            "From taking a batch off its queue to the commit of its transaction.",
            {"{{queue}}": quantile(0.95, "dimona_message_process_duration_seconds", "queue")},
            unit="s", width=12,
        ),
        rates("Events taken, per minute", "Events by what became of them: processed, duplicate, parked, …",
              "dimona_messages_consumed_total", "queue", "outcome", width=12),
        Panel(
            "Events in one transaction, p50",
            "Full batches (256) mean that a service is behind; single events that it waits for work.",
            {"{{queue}}": quantile(0.5, "dimona_batch_events", "queue")},
            width=12,
        ),
        levels("Oldest outbox row", "Age of the oldest message not yet handed to the broker. Under a second "
               "as a rule.", "dimona_outbox_oldest_age_seconds", "service",
               unit="s", red_from=60, runbook="outbox-stuck"),
        levels("Outbox", "Rows that wait to be handed to the broker.",
               "dimona_outbox_pending_messages", "service", runbook="outbox-stuck"),
        levels("Set aside", "Messages that are larger than the broker accepts. Must be 0.",
               "dimona_set_aside_messages", "service", "table", red_from=1, runbook="message-set-aside"),
        rates("Came again, per minute", "Messages that were delivered before: a process or session ended.",
              "dimona_message_redeliveries_total", "queue"),
        rates("Parked, per minute", "Events that failed for good, by reason. Each waits for an operator.",
              "dimona_message_dead_letters_total", "queue", "reason", runbook="parked"),
        Panel(
            "Failed attempts, per minute",
            "Attempts at a batch that failed, by fault; and batches that were split or held after many "
            "conflicts in a row.",
            {"{{service}} {{fault}}": per_minute("dimona_db_errors_total", "service", "fault"),
             "{{queue}} after conflicts": per_minute("dimona_conflict_limits_total", "queue")},
            runbook="held",
        ),
        Panel(
            "Waiting for their turn",
            "Messages of clients in intake's hand: of clients within their rate, and of those beyond it.",
            {legend("clients"): most("dimona_messages_waiting", "clients")},
        ),
        Panel(
            "Moved aside, per minute",
            "Messages moved to the own queue of their client (share, order), or without a verified sender "
            "(unidentified), so that no other client waits for them.",
            {legend("reason"): per_minute("dimona_messages_moved_total", "reason")},
            runbook="unrouted",
        ),
        levels("Age of the figures", "How long ago each service read the figures of waiting work in its "
               "database.", "dimona_gauges_age_seconds", "service",
               unit="s", red_from=60, runbook="figures-unknown"),
    ),
)  # fmt: skip
