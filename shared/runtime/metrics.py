"""All metrics, each with its meaning and unit. The values of a label are a fixed set, never an id."""

from __future__ import annotations

from math import nan
from typing import Final

from prometheus_client import Counter, Gauge, Histogram

#: OpenTelemetry's buckets for message handling, in seconds.
HANDLING = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
#: Buckets for the time of a declaration, in seconds: from immediate to ten working days.
LIFETIME = (0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1200, 3600, 86400, 1_209_600)
#: Events in one transaction.
BATCH = (1, 2, 4, 8, 16, 32, 64, 128, 256)

CONSUMED = Counter(
    "dimona_messages_consumed",
    "Events taken from a queue, by outcome.",
    ["queue", "outcome"],  # processed, duplicate, retried, parked, dropped
)
PROCESS_SECONDS = Histogram(
    "dimona_message_process_duration_seconds",
    "Time of one batch, from taking it to its commit.",
    ["queue"],
    buckets=HANDLING,
)
BATCH_EVENTS = Histogram("dimona_batch_events", "Events in one transaction.", ["queue"], buckets=BATCH)
REDELIVERIES = Counter("dimona_message_redeliveries", "Messages that came more than once.", ["queue"])
PARKED = Counter(
    "dimona_message_dead_letters", "Events parked, by reason.", ["queue", "reason"]
)  # invalid, poison
CONSUMER_UP = Gauge("dimona_consumer_up", "1 while the broker knows this process as a consumer.", ["queue"])
HOLD_SECONDS = Gauge(
    "dimona_consumer_hold_seconds",
    "Age of the batch that is held for an outage, a lock or conflicts; 0 otherwise.",
    ["queue"],
)

REQUESTS = Counter(
    "dimona_http_requests",
    "Requests answered by an API, by operation (method and pattern of the path) and status.",
    ["operation", "status"],  # unknown: a path without an operation
)

CONNECTIONS = Gauge("dimona_http_connections", "Open connections of a listener.", ["listener"])  # api, ops
CONNECTIONS_ENDED = Counter(
    "dimona_http_connections_ended",
    "Connections that a limit ended or refused, by reason.",
    # head, body, answer, idle: too slow; full, source: evicted for another; full_refused, source_refused
    ["listener", "reason"],
)
BODY_BYTES = Gauge("dimona_http_body_bytes", "Bytes of memory that are reserved for bodies of requests.")
WAITING = Gauge("dimona_http_requests_waiting", "Requests that wait for a connection to the database.")
SLOWED = Counter("dimona_http_refusals_slowed", "Refusals that were delayed, because the source gets many.")
SPANS = Counter("dimona_spans", "Spans of traces, by outcome.", ["outcome"])  # exported, failed, dropped
LOG_SUPPRESSED = Counter("dimona_log_lines_suppressed", "Lines of libraries that were too many to be logged.")

SEALED_BEFORE = Gauge(
    "dimona_secrets_sealed_before",
    "Stored secrets that were sealed with a former key when the table was last read to its end, by table.",
    ["table"],
)

TOKENS = Counter(
    "dimona_tokens",
    "Requests for a token, by outcome: issued, or the error of OAuth.",
    ["grant", "outcome"],  # client_credentials, authorization_code, other
)
PORTAL_SESSIONS = Gauge("dimona_portal_sessions", "Sessions at the portal that have not ended.")
PORTAL_FILES = Counter("dimona_portal_files", "Uploaded spreadsheets: checked, or refused why.", ["outcome"])
PORTAL_ROWS = Counter("dimona_portal_rows", "Sent rows of spreadsheets: received or refused.", ["outcome"])
PORTAL_SHEETS = Gauge("dimona_portal_sheets", "Spreadsheets in living sessions, by state.", ["state"])
PORTAL_LOGINS = Counter(
    "dimona_portal_logins",
    "Returns of a browser from the login to the portal, by outcome.",
    ["outcome"],  # done, no_factor, no_login, unasked: without the state of a login of this browser
)
LOGIN_ATTEMPTS = Counter(
    "dimona_login_attempts",
    "Passwords and codes of authenticators that were entered.",
    ["factor", "outcome"],  # password, totp; right, wrong
)

PHONE_ATTEMPTS = Counter(
    "dimona_phone_attempts", "PINs that were entered by SMS or by voice, by outcome.", ["outcome"]
)  # right; wrong: also for an unknown number, and while its attempts are blocked

SECURITY_EVENTS = Counter(
    "dimona_security_events",
    "Rows of the security log.",
    ["event", "outcome"],  # password, totp, logout, token, revocation, refusal; right, wrong, refused, …
)

PUBLISHED = Counter(
    "dimona_messages_published",
    "Messages published, by outcome.",
    ["exchange", "outcome"],  # confirmed, nacked, returned, timeout, disconnected
)
OUTBOX_PENDING = Gauge("dimona_outbox_pending_messages", "Rows in the outbox of this service.")
OUTBOX_AGE = Gauge(
    "dimona_outbox_oldest_age_seconds", "Age of the oldest outbox row that is not sent; 0 if none."
)
DELIVERIES_PENDING = Gauge("dimona_deliveries_pending", "Deliveries to recipients that are not sent yet.")
DELIVERY_OVERDUE = Gauge(
    "dimona_delivery_oldest_overdue_seconds", "How long the oldest due delivery has been waiting; 0 if none."
)
SET_ASIDE = Gauge(
    "dimona_set_aside_messages",
    "Rows larger than the broker accepts, set aside for an operator; must be 0.",
    ["table"],  # outbox, deliveries
)
PARTITIONS_UNTIL = Gauge(
    "dimona_partitions_until_timestamp_seconds",
    "Instant up to which the tables divided by month have partitions; at least a month ahead.",
)
PARTITIONS_MADE = Gauge(
    "dimona_partitions_made_timestamp_seconds", "When partitions were last looked after with success."
)
TIMER_DONE = Gauge("dimona_timer_last_success_timestamp_seconds", "Last success of periodic work.", ["timer"])
TIMER_FAILURES = Counter("dimona_timer_failures", "Attempts at periodic work that failed.", ["timer"])
RETENTION_DONE = Gauge("dimona_retention_done_timestamp_seconds", "Last removal of rows past their term.")
RETENTION_REMOVED = Counter("dimona_retention_removed_rows", "Rows removed after their term.", ["table"])
DISPATCH_ATTEMPTS = Counter(
    "dimona_dispatch_attempts",
    "Attempts to deliver by webhook, file or SMS, by outcome.",
    ["channel", "outcome"],  # webhook, file, sms; delivered, refused, unreachable
)
DISPATCHES_PENDING = Gauge(
    "dimona_dispatches_pending", "Deliveries by webhook, file or SMS that are not made yet."
)
DISPATCHES_EXHAUSTED = Gauge(
    "dimona_dispatches_exhausted",
    "Deliveries by webhook, file or SMS that were given up; an operator must look.",
)
DISPATCH_OLDEST = Gauge(
    "dimona_dispatch_oldest_seconds",
    "How long the oldest delivery by webhook or file has been waiting; 0 if none.",
)
PRINT_JOBS_WAITING = Gauge("dimona_print_jobs_waiting", "Documents that wait to be written for paper.")
CIRCUITS_OPEN = Gauge("dimona_circuits_open", "Recipients whose lane waits after a failure.")

AMQP_CONNECTED = Gauge(
    "dimona_amqp_connected", "Sessions that are connected.", ["purpose"]
)  # consume, publish
AMQP_RECONNECTS = Counter("dimona_amqp_reconnects", "Connections lost and made again.", ["purpose"])
DB_ERRORS = Counter(
    "dimona_db_errors", "Failed attempts at a batch, by fault.", ["fault"]
)  # outage, contention, conflict, ambiguous, deterministic
CONFLICT_LIMITS = Counter(
    "dimona_conflict_limits", "Batches that were split or held after too many conflicts in a row.", ["queue"]
)
LOOP_LAG = Gauge("dimona_event_loop_lag_seconds", "How late the event loop woke up at the last check.")

LIMITED = Counter(
    "dimona_requests_limited",
    "Requests refused, or not waited for, because of a limit, by reason.",
    ["reason"],
)  # rate, concurrency, bytes, waiting, phone, gateway; preference: answered without the wanted wait

RECEIVED = Counter(
    "dimona_declarations_received", "Declarations stored by intake.", ["channel", "declaration_type"]
)
COMPLETED = Counter(
    "dimona_declarations_completed",
    "Declarations with their final result, as intake knows it.",
    ["channel", "declaration_type", "result"],  # accepted, acceptedWithWarning, refused
)
UNREADABLE = Counter(
    "dimona_declarations_unreadable",
    "Messages and requests that are no readable declaration, answered with a problem.",
    ["reason"],
)
MOVED = Counter(
    "dimona_messages_moved",
    "Messages of clients moved to another queue, so that no other client waits for them.",
    ["reason"],
)  # share, order: to the own queue of their sender; unidentified: sent without user_id
MESSAGES_WAITING = Gauge(
    "dimona_messages_waiting",
    "Messages of clients in hand, of those within and beyond their rate.",
    ["clients"],
)  # within_rate, beyond_rate
LATENCY = Histogram(
    "dimona_declaration_latency_seconds",
    "From reception to the provisional result, to the final one, and to the first answer of the two.",
    ["channel", "stage"],  # provisional, final, answer
    buckets=LIFETIME,
)
RECEPTION = Histogram(
    "dimona_declaration_reception_seconds",
    "From the arrival of a declaration at intake to its reception.",
    ["channel"],
    buckets=LIFETIME,
)
INFERRED_PAIRS = Counter(
    "dimona_inferred_pairs",
    "INs accepted with a joint commission and worker type that no source pairs.",
    ["joint_commission", "worker_type"],
)
ANOMALIES = Counter("dimona_declaration_anomalies", "Anomalies found, by code.", ["code", "severity"])

LEDGER_BROKEN = Gauge(
    "dimona_ledger_broken", "Declarations with a broken promise, by the ledger; must be 0.", ["promise"]
)  # final, one_final, notification, delivery
LEDGER_WATCHED = Gauge("dimona_ledger_watched", "Declarations that the ledger watches.")
LEDGER_LOOKED = Gauge(
    "dimona_ledger_last_look_timestamp_seconds", "Time of the ledger's last look into the stores."
)
OPEN = Gauge(
    "dimona_declarations_open",
    "Declarations received and not final, those that wait for an identification left out.",
)
UNACCOUNTED = Gauge(
    "dimona_declarations_unaccounted",
    "Declarations received over a minute ago, neither final nor waiting for an identification; must be 0.",
)
REGISTER_LOADED = Gauge(
    "dimona_register_loaded",
    "1 while the register of enterprises is loaded; 0: user undertakings are not looked up (00131-235).",
)
NOTIFICATIONS = Counter("dimona_notifications", "Notifications made.", ["kind", "target"])
#: Outcomes: opened, refused, upheld, rejected, withdrawn.
CONTESTATIONS = Counter("dimona_contestations", "Contestations, by outcome.", ["outcome"])
CASES_OPEN = Gauge("dimona_contact_cases_open", "Contestations and complaints that are open.", ["kind"])
CASES_OVERDUE = Gauge(
    "dimona_contact_cases_overdue",
    "Open contestations and complaints whose last day for an answer is past.",
    ["kind"],
)  # contestation, complaint, privacy
PROVISIONAL_PENDING = Gauge("dimona_provisional_pending", "Identification cases that are open.")
PROVISIONAL_AGE = Gauge("dimona_provisional_oldest_age_seconds", "Age of the oldest open case; 0 if none.")
IDENTIFICATIONS = Counter(
    "dimona_identifications", "Identifications ended or opened.", ["method", "outcome"]
)  # ssin, characteristics; identified, not_found, timed_out, given_up
PERIODS_CHANGED = Counter(
    "dimona_periods_changed", "Periods and their registered days changed, by change.", ["change"]
)
MANDATE_DENIALS = Counter(
    "dimona_mandate_denials", "Declarations by a sender without a right to them.", ["reason"]
)
CLOCK_OFFSET = Gauge(
    "dimona_clock_offset_seconds", "Seconds that the clock of this process is ahead of that of the database."
)
WORKERS_DENIED = Counter(
    "dimona_workers_denied", "INs refused because their organization named too many new workers on that day."
)
ORGANIZATION_DAY_MOST = Gauge(
    "dimona_organization_day_most",
    "Highest count of any organization today: new workers, CANCELs within a day, contradictions (-348).",
    ["pattern"],  # new_workers, quick_cancels, contradictions
)
CANARY_SUCCESS = Gauge(
    "dimona_canary_last_success_timestamp_seconds",
    "When the last successful round of the canary ended; 0 before the first one of this process.",
)
CANARY_SECONDS = Gauge(
    "dimona_canary_seconds",
    "From the request of the canary's last IN to its reception and to its final result; NaN without one.",
    ["stage"],  # reception, final
)
CANARY_FAILURES = Counter(
    "dimona_canary_failures",
    "Rounds of the canary that failed, by step.",
    ["step"],  # login, reset, in, in_result, cancel, cancel_result
)
FEED_HORIZON_AGE = Gauge("dimona_feed_horizon_age_seconds", "Age of the oldest hidden event; 0 if none.")
FEED_PUSH_LAG = Gauge("dimona_feed_push_lag_seconds", "Age of the oldest event that was not pushed yet.")
PUSHES_FAILED = Counter("dimona_pushes_failed", "Failed pushes to one institution.", ["way"])
STATES_DIVIDED = Counter("dimona_states_divided", "Pushes of states that ended at their limit of bytes.")
INSCRIPTIONS_MOST = Gauge("dimona_inscriptions_most", "Inscriptions of the institution with most of them.")
OMISSION_FINDINGS = Gauge("dimona_omission_findings", "Imported worked days, by outcome.", ["outcome"])
OMISSION_CANDIDATES = Gauge("dimona_omission_candidates_open", "Candidates that two agents have not decided.")
OMISSION_IMPORTED = Gauge(
    "dimona_omission_imported_timestamp_seconds", "Instant of the last import of worked days; 0 before it."
)
DISCLOSURE_BREAKS = Gauge("dimona_disclosure_breaks", "Faults in the log of disclosures at its last check.")
AVAILABLE = Gauge("dimona_up", "1 when the service is ready.", ["service"])
GAUGES_AGE = Gauge("dimona_gauges_age_seconds", "How long ago the gauges were last read from the database.")

#: The gauges that every service reads from its own database.
OF_THE_DATABASE: Final = (OUTBOX_PENDING, OUTBOX_AGE, DELIVERIES_PENDING, DELIVERY_OVERDUE)


def unknown(*gauges: Gauge) -> None:
    """Set the gauges to NaN, so that an old value does not look current."""
    for gauge in gauges:
        gauge.set(nan)
