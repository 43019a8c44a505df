"""The dashboard "Broker and database": sessions, alarms, errors, clocks, partitions, processes."""

from __future__ import annotations

from typing import Final

from deploy.grafana.panel import Dashboard, Panel, age, levels, most, rates, total

_HOUSEKEEPERS: Final = 'service=~"intake|personnel_file|notifier|contact"'

DASHBOARD: Final = Dashboard(
    "servers", "Dimona: broker and database",
    "Whether the servers and the processes have what they need.",
    (
        Panel(
            "Alarms of the broker",
            "1 while RabbitMQ blocks all publishers, because it is short of memory or disk.",
            {"memory": "max(rabbitmq_alarms_memory_used_watermark)",
             "disk": "max(rabbitmq_alarms_free_disk_space_watermark)"},
            kind="stat", width=6, red_from=1, runbook="broker-alarm",
        ),
        Panel(
            "Connections to the broker",
            "All connections, of services and of clients.",
            {"connections": "sum(rabbitmq_connections)", "channels": "sum(rabbitmq_channels)"},
            kind="stat", width=6,
        ),
        Panel(
            "Services that are ready",
            "1: the process has its database and its broker. 0: one of them does not answer.",
            {"{{service}}": "min by (service) (dimona_up)"},
            kind="stat", width=12, runbook="not-ready",
        ),
        Panel(
            "Sessions with the broker",
            "Sessions of each service that are connected, by purpose.",
            {"{{service}} {{purpose}}": total("dimona_amqp_connected", "service", "purpose")},
            runbook="not-ready",
        ),
        rates("Sessions made again, per minute", "Sessions with the broker that were lost and made again.",
              "dimona_amqp_reconnects_total", "service", "purpose"),
        rates("Published per minute", "Messages handed to the broker, by exchange and outcome.",
              "dimona_messages_published_total", "exchange", "outcome", runbook="outbox-stuck"),
        Panel(
            "Taken out of their queues, per minute",
            "Messages that the broker dead-lettered, by reason, and those that fit no queue.",
            {reason: f"60 * sum(rate(rabbitmq_global_messages_{name}_total[5m]))" for reason, name in {
                "expired": "dead_lettered_expired", "maxlen": "dead_lettered_maxlen",
                "rejected": "dead_lettered_rejected", "delivery limit": "dead_lettered_delivery_limit",
                "returned": "unroutable_returned", "dropped": "unroutable_dropped"}.items()},
            runbook="dead-lettered",
        ),
        rates("Failed attempts, per minute", "Attempts at a batch that failed, by service and fault.",
              "dimona_db_errors_total", "service", "fault", runbook="held"),
        levels("Clocks", "How far the clock of each service is ahead of that of the database. A wrong clock "
               "changes no legal instant; tokens may be refused.",
               "dimona_clock_offset_seconds", "service", unit="s", red_from=5, runbook="clock-off"),
        Panel(
            "Days with partitions",
            "How far ahead the tables that are divided by month have partitions. At least 31 days.",
            {"days": '(min(dimona_partitions_until_timestamp_seconds{service="intake"}) - time()) / 86400'},
            red_below=31, runbook="partition-missing",
        ),
        Panel(
            "Last look after partitions",
            "How long ago intake last made partitions, or found that none is missing. Seconds as a rule.",
            {"ago": age("dimona_partitions_made_timestamp_seconds", where='service="intake"')},
            unit="s", runbook="partition-missing",
        ),
        Panel(
            "Periodic work",
            "How long ago each periodic work last succeeded, in any process. Up to an hour as a rule; longer "
            "while messages wait from which it keeps away.",
            {"{{service}} {{timer}}": age("dimona_timer_last_success_timestamp_seconds", "service", "timer")},
            unit="s", runbook="periodic-work-stopped",
        ),
        rates("Failures of periodic work per minute", "Attempts that failed, by work. The next one follows.",
              "dimona_timer_failures_total", "timer", runbook="periodic-work-stopped"),
        Panel(
            "Removal of rows",
            "How long ago each service last looked for rows whose term is over. Seconds as a rule.",
            {"{{service}}": age("dimona_retention_done_timestamp_seconds", "service", where=_HOUSEKEEPERS)},
            unit="s", red_from=6 * 3600, runbook="retention-stopped",
        ),
        rates("Removed rows per minute", "Rows removed after their term, by table.",
              "dimona_retention_removed_rows_total", "table", runbook="retention-stopped"),
        levels("Lateness of the event loop", "How late each process woke up at the last check. Above a "
               "second: it computes too long at once, or the machine is overloaded.",
               "dimona_event_loop_lag_seconds", "service", unit="s", red_from=1),
        Panel(
            "Memory of processes",
            "Resident memory of each service.",
            {"{{service}}": most("process_resident_memory_bytes", "service", where='job="dimona"')},
            unit="bytes",
        ),
        Panel(
            "Processor time",
            "Seconds of processor time that each service uses per second; 1 is a whole core.",
            {"{{service}}": 'sum by (service) (rate(process_cpu_seconds_total{job="dimona"}[5m]))'},
        ),
        Panel(
            "File descriptors",
            "Share of the open files and sockets that a process may have.",
            {"{{service}}": 'max by (service) (process_open_fds{job="dimona"} / process_max_fds)'},
            unit="percentunit", red_from=0.8,
        ),
    ),
)  # fmt: skip
