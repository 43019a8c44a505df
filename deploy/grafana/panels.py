"""The panels of the overview dashboard, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_QUEUES: Final = 'queue=~"dimona[.].+", queue!~"dimona[.]([a-z_]+[.]parked|unrouted|unidentified|expired)"'
_PARKED: Final = 'queue=~"dimona[.]([a-z_]+[.]parked|unrouted|unidentified|expired)"'


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel of the dashboard; `lines` maps each legend to an expression of Prometheus."""

    title: str
    description: str
    lines: Mapping[str, str]
    unit: str = "short"
    kind: str = "timeseries"
    width: int = 8
    red_from: float | None = None  #: the value from which an operator should act
    runbook: str | None = None  #: anchor in docs/runbooks.md


def _quantile(share: float) -> str:
    rate = "sum by (le, stage) (rate(dimona_declaration_latency_seconds_bucket[5m]))"
    return f"histogram_quantile({share}, {rate})"


PANELS: Final[tuple[Panel, ...]] = (
    Panel(
        "Broken promises",
        "Declarations without final result, with two results, without notification or without message in "
        "the e-Box, counted from the stores by the ledger. Must be 0.",
        {"{{promise}}": "max by (promise) (dimona_ledger_broken)"},
        kind="stat", width=5, red_from=1, runbook="ledger",
    ),
    Panel(
        "Unaccounted declarations",
        "Received over a minute ago, with neither a final result nor an open identification. Must be 0.",
        {"unaccounted": "max(dimona_declarations_unaccounted)"},
        kind="stat", width=5, red_from=1, runbook="declarations-unaccounted",
    ),
    Panel(
        "Provisional results pending",
        "Identifications that are open: each was answered with S and still owes its sender a final result.",
        {"pending": "max(dimona_provisional_pending)"},
        kind="stat", width=5,
    ),
    Panel(
        "Parked or unrouted messages",
        "Messages that failed for good, fit no queue, or expired. Each waits for an operator.",
        {"messages": f"sum(rabbitmq_detailed_queue_messages{{{_PARKED}}})"},
        kind="stat", width=5, red_from=1, runbook="parked",
    ),
    Panel(
        "Consumers",
        "Queues with a consumer at the broker. Fewer than usual: a service is down.",
        {"up": "sum(dimona_consumer_up)", "missing": "count(dimona_consumer_up == 0) or vector(0)"},
        kind="stat", width=4, runbook="consumer-missing",
    ),
    Panel(
        "Received per minute",
        "Declarations that intake stored, by channel and kind, the refused ones included.",
        {"{{channel}} {{declaration_type}}":
         "60 * sum by (channel, declaration_type) (rate(dimona_declarations_received_total[5m]))"},
    ),
    Panel(
        "Final results per minute",
        "Declarations with their final result: accepted, accepted with a warning, refused. In the long run "
        "as many as were received.",
        {"{{result}}": "60 * sum by (result) (rate(dimona_declarations_completed_total[5m]))"},
    ),
    Panel(
        "Refused share",
        "Part of the final results that are refusals. A jump: new software of a sender, or a fault of ours.",
        {"refused": 'sum(rate(dimona_declarations_completed_total{result="refused"}[15m])) '
                    "/ sum(rate(dimona_declarations_completed_total[15m]))"},
        unit="percentunit",
    ),
    Panel(
        "Time to the result",
        "From reception to the provisional and to the final result; half, 95 and 99 of 100 are faster. The "
        "final result of a declaration with an identification includes that wait.",
        {f"{{{{stage}}}} p{round(share * 100)}": _quantile(share) for share in (0.5, 0.95, 0.99)},
        unit="s", width=12,
    ),
    Panel(
        "Time of one batch, p95",
        "From taking a batch off its queue to the commit of its transaction.",
        {"{{queue}}": "histogram_quantile(0.95, sum by (le, queue) "
                      "(rate(dimona_message_process_duration_seconds_bucket[5m])))"},
        unit="s", width=12,
    ),
    Panel(
        "Queue depth",
        "Messages in each queue of the services, delivered or not; the broker counts carriers of up to 256 "
        "events. So the declarations that are not final are counted too. Both fall back to 0 between "
        "bursts; a queue that only grows has no consumer, or one that holds its batch.",
        {"{{queue}}": f"sum by (queue) (rabbitmq_detailed_queue_messages{{{_QUEUES}}})",
         "declarations not final": "max(dimona_declarations_open)"},
        width=12, runbook="consumer-missing",
    ),
    Panel(
        "Held batches",
        "How long a consumer has been holding its batch because a dependency is down; 0 otherwise.",
        {"{{queue}}": "max by (queue) (dimona_consumer_hold_seconds)"},
        unit="s", width=12, red_from=30, runbook="held",
    ),
    Panel(
        "Oldest outbox row",
        "Age of the oldest message not yet handed to the broker. Under a second as a rule.",
        {"{{service}}": "max by (service) (dimona_outbox_oldest_age_seconds)"},
        unit="s", red_from=60, runbook="outbox-stuck",
    ),
    Panel(
        "Oldest delivery",
        "How long the oldest reply, notification or feed event has been waiting. One recipient whose queue "
        "is full shows here and delays no other.",
        {"{{service}}": "max by (service) (dimona_delivery_oldest_overdue_seconds)"},
        unit="s", red_from=600, runbook="deliveries-overdue",
    ),
    Panel(
        "Recipients that wait",
        "Recipients whose deliveries pause for a while after a failure.",
        {"{{service}}": "max by (service) (dimona_circuits_open)"},
    ),
    Panel(
        "Days with partitions",
        "How far ahead the tables that are divided by month have partitions. At least 31 days.",
        {"days": '(min(dimona_partitions_until_timestamp_seconds{service="intake"}) - time()) / 86400'},
        runbook="partition-missing",
    ),
    Panel(
        "Oldest identification",
        "Age of the oldest open identification. It ends by itself after ten working days, as a refusal.",
        {"oldest": "max(dimona_provisional_oldest_age_seconds)"},
        unit="s",
    ),
    Panel(
        "Clocks",
        "How far the clock of each service is ahead of that of the database. A wrong clock changes no legal "
        "instant; tokens may be refused.",
        {"{{service}}": "max by (service) (dimona_clock_offset_seconds)"},
        unit="s", red_from=5, runbook="clock-off",
    ),
    Panel(
        "Searches of the register",
        "Highest count of any client today: workers that it named first, CANCELs within a day of the IN, "
        "data that the register contradicts (-348). And INs refused because of the daily bound, per minute.",
        {"{{pattern}}": "max by (pattern) (dimona_organization_day_most)",
         "denied per minute": "60 * sum(rate(dimona_workers_denied_total[5m]))"},
        runbook="probing",
    ),
    Panel(
        "Turned away",
        "Per minute: messages moved to the own queue of their client (share, order), or without a verified "
        "sender (unidentified); and messages that are no readable declaration.",
        {"{{reason}}": "60 * sum by (reason) (rate(dimona_messages_moved_total[5m]))",
         "unreadable": "60 * sum(rate(dimona_declarations_unreadable_total[5m])) or vector(0)"},
    ),
    Panel(
        "Waiting for their turn",
        "Messages of clients in intake's hand: of clients within their rate, and of those beyond it.",
        {"{{clients}}": "max by (clients) (dimona_messages_waiting)"},
    ),
    Panel(
        "Failed requests",
        "Share of the requests to each service's API that were answered with 500 or 503: a fault of ours, or "
        "a database that is away or busy.",
        {"{{service}}": '(sum by (service) (rate(dimona_http_requests_total{status=~"5.."}[5m])) '
                        "or 0 * sum by (service) (rate(dimona_http_requests_total[5m]))) "
                        "/ sum by (service) (rate(dimona_http_requests_total[5m]))"},
        unit="percentunit", red_from=0.05, runbook="requests-failing",
    ),
    Panel(
        "HTTP connections",
        "Open connections of each API and ops port, and the requests that wait for the database.",
        {"{{service}} {{listener}}": "sum by (service, listener) (dimona_http_connections)",
         "{{service}} waiting": "sum by (service) (dimona_http_requests_waiting)"},
        runbook="strangers",
    ),
    Panel(
        "Bodies of requests",
        "Memory that is reserved for the bodies of requests. A process accepts 16 MiB.",
        {"{{service}}": "sum by (service) (dimona_http_body_bytes)"},
        unit="bytes", red_from=16 * 1024 * 1024, runbook="strangers",
    ),
    Panel(
        "Ended by a limit",
        "Per minute: connections that were too slow (head, body, answer, idle) or gave way (full, source), "
        "requests refused for a limit, delayed refusals, and lines of libraries that were not logged.",
        {"{{service}} {{reason}}":
         "60 * sum by (service, reason) (rate(dimona_http_connections_ended_total[5m]))",
         "{{service}} limited: {{reason}}":
         "60 * sum by (service, reason) (rate(dimona_requests_limited_total[5m]))",
         "{{service}} slowed": "60 * sum by (service) (rate(dimona_http_refusals_slowed_total[5m]))",
         "{{service}} log lines": "60 * sum by (service) (rate(dimona_log_lines_suppressed_total[5m]))"},
        runbook="strangers",
    ),
    Panel(
        "Feed behind",
        "Age of the oldest event that readers of the feed do not see yet, because an older transaction of "
        "the database cluster still runs.",
        {"oldest event": "max(dimona_feed_horizon_age_seconds)"},
        unit="s", red_from=60, runbook="feed-frozen",
    ),
    Panel(
        "Security events",
        "Per minute: wrong passwords, refused operations and other failures in the security log.",
        {"{{event}} {{outcome}}":
         "60 * sum by (event, outcome) "
         '(rate(dimona_security_events_total{outcome!~"right|issued|done"}[5m]))'},
        runbook="security-events",
    ),
    Panel(
        "Anomalies per minute",
        "The ten most frequent codes in answers to senders.",
        {"{{code}}": "topk(10, 60 * sum by (code) (rate(dimona_declaration_anomalies_total[5m])))"},
    ),
    Panel(
        "Pairs that only inference would refuse, per hour",
        "INs accepted with a joint commission and worker type that no source pairs or refuses (rule R52).",
        {"{{joint_commission}} {{worker_type}}":
         "3600 * sum by (joint_commission, worker_type) (rate(dimona_inferred_pairs_total[1h]))"},
        width=16,
    ),
    Panel(
        "Register of enterprises loaded",
        "1: an unknown number of a user undertaking is refused (00131-235). 0: it is accepted unseen.",
        {"loaded": "min(dimona_register_loaded)"},
        kind="stat",
    ),
    Panel(
        "Files of expeditors",
        "Forms that wait in the service files, forms under way, and for how many seconds the oldest file "
        "has been without acknowledgement, and the oldest GO file without its files.",
        {
            "waiting forms": "max(dimona_file_forms_waiting)",
            "open forms": "max(dimona_file_forms_open)",
            "without acknowledgement": "max(dimona_file_unacknowledged_oldest_seconds)",
            "GO without files": "max(dimona_file_start_oldest_seconds)",
        },
        runbook="file-unacknowledged",
    ),
    Panel(
        "Answers to expeditors",
        "Answers that are not written yet, expeditors at a limit, and per minute: files by outcome, "
        "queries that were given up, and what the SFTP server refused.",
        {
            "answers that wait": "max(dimona_file_answers_waiting)",
            "expeditors at limit {{limit}}": "max by (limit) (dimona_file_expeditors_full)",
            "files {{outcome}}": "60 * sum by (outcome) (rate(dimona_files_total[5m]))",
            "queries given up": "60 * sum(rate(dimona_file_queries_given_up_total[5m]))",
            "refused: {{reason}}": "60 * sum by (reason) (rate(dimona_sftp_refused_total[5m]))",
        },
        runbook="expeditor-full",
    ),
    Panel(
        "Phones",
        "PINs per minute by outcome, and results by SMS that wait or were given up. Many wrong PINs mean "
        "that a stranger guesses them.",
        {
            "PINs {{outcome}}": "60 * sum by (outcome) (rate(dimona_phone_attempts_total[5m]))",
            "results that wait": 'max(dimona_dispatches_pending{service="intake"})',
            "given up": 'max(dimona_dispatches_exhausted{service="intake"})',
        },
        runbook="sms-unreachable",
    ),
    Panel(
        "Removal of rows",
        "How long ago each service last looked for rows whose term is over. Seconds as a rule.",
        {"{{service}}": "time() - max by (service) (dimona_retention_done_timestamp_seconds"
                        '{service=~"intake|personnel_file|notifier|contact"})'},
        unit="s", red_from=6 * 3600, runbook="retention-stopped",
    ),
    Panel(
        "Faults in the log of disclosures",
        "Rows that the last check of the feed found changed, removed or moved.",
        {"faults": "max(dimona_disclosure_breaks)"},
        red_from=1, runbook="disclosures-broken",
    ),
)  # fmt: skip
