"""The dashboard "Channels": APIs, logins, the portal, files and phones."""

from __future__ import annotations

from typing import Final

from deploy.grafana.panel import Dashboard, Panel, age, legend, most, per_minute, rates, total

DASHBOARD: Final = Dashboard(
    "channels", "Dimona: channels",
    "Whether each channel takes declarations, and which limits are reached.",
    (
        Panel(
            "Failed requests",
            "Share of the requests to each service's API that were answered with 500 or 503: a fault of "
            "ours, or a database that is away or busy.",
            {"{{service}}": '(sum by (service) (rate(dimona_http_requests_total{status=~"5.."}[5m])) '
                            "or 0 * sum by (service) (rate(dimona_http_requests_total[5m]))) "
                            "/ sum by (service) (rate(dimona_http_requests_total[5m]))"},
            unit="percentunit", red_from=0.05, runbook="requests-failing",
        ),
        rates("Requests per minute", "Requests to each API, by status.",
              "dimona_http_requests_total", "service", "status"),
        Panel(
            "Most used operations, per minute",
            "The ten operations with most requests.",
            {legend("service", "operation"):
             f"topk(10, {per_minute('dimona_http_requests_total', 'service', 'operation')})"},
        ),
        Panel(
            "HTTP connections",
            "Open connections of each API and ops port, and the requests that wait for the database.",
            {"{{service}} {{listener}}": total("dimona_http_connections", "service", "listener"),
             "{{service}} waiting": total("dimona_http_requests_waiting", "service")},
            runbook="strangers",
        ),
        Panel(
            "Bodies of requests",
            "Memory that is reserved for the bodies of requests. A process accepts 16 MiB.",
            {"{{service}}": total("dimona_http_body_bytes", "service")},
            unit="bytes", red_from=16 * 1024 * 1024, runbook="strangers",
        ),
        Panel(
            "Ended by a limit",
            "Per minute: connections that were too slow (head, body, answer, idle) or gave way (full, "
            "source), requests refused for a limit, delayed refusals, lines of libraries that were not "
            "logged, and spans that did not reach the collector.",
            {"{{service}} {{reason}}":
             per_minute("dimona_http_connections_ended_total", "service", "reason"),
             "{{service}} limited: {{reason}}":
             per_minute("dimona_requests_limited_total", "service", "reason"),
             "{{service}} slowed": per_minute("dimona_http_refusals_slowed_total", "service"),
             "{{service}} log lines": per_minute("dimona_log_lines_suppressed_total", "service"),
             "{{service}} spans {{outcome}}": per_minute("dimona_spans_total", "service", "outcome",
                                                         where='outcome!="exported"')},
            runbook="strangers",
        ),
        rates("Tokens per minute", "Requests for an access token, by grant and outcome.",
              "dimona_tokens_total", "grant", "outcome"),
        rates("Passwords and codes, per minute", "Entries at the login, by factor and outcome.",
              "dimona_login_attempts_total", "factor", "outcome", runbook="security-events"),
        Panel(
            "Security events",
            "Per minute: wrong passwords, refused operations and other failures in the security log.",
            {"{{event}} {{outcome}}": per_minute("dimona_security_events_total", "event", "outcome",
                                                 where='outcome!~"right|issued|done"')},
            runbook="security-events",
        ),
        Panel(
            "Secrets with a former key",
            "Stored secrets that a former key had sealed, by table; 0 before the key is removed.",
            {"{{table}}": most("dimona_secrets_sealed_before", "table")},
        ),
        Panel(
            "Portal",
            "Sessions that have not ended, and returns from the login per minute, by outcome.",
            {"sessions": most("dimona_portal_sessions"),
             "logins {{outcome}}": per_minute("dimona_portal_logins_total", "outcome")},
            runbook="portal-logins",
        ),
        Panel(
            "Spreadsheets",
            "Spreadsheets in sessions by state, and per minute: uploads and sent rows, by outcome.",
            {"{{state}}": most("dimona_portal_sheets", "state"),
             "uploads {{outcome}}": per_minute("dimona_portal_files_total", "outcome"),
             "rows {{outcome}}": per_minute("dimona_portal_rows_total", "outcome")},
        ),
        Panel(
            "Phones",
            "PINs per minute by outcome, and results by SMS that wait or were given up. Many wrong PINs mean "
            "that a stranger guesses them.",
            {"PINs {{outcome}}": per_minute("dimona_phone_attempts_total", "outcome"),
             "results that wait": most("dimona_dispatches_pending", where='service="intake"'),
             "given up": most("dimona_dispatches_exhausted", where='service="intake"')},
            runbook="sms-unreachable",
        ),
        rates("Files per minute", "Files of expeditors, by what happened to them.",
              "dimona_files_total", "outcome"),
        Panel(
            "Forms of files",
            "Forms that wait in the service files, forms under way, and forms per minute by outcome.",
            {"waiting": most("dimona_file_forms_waiting"), "under way": most("dimona_file_forms_open"),
             "{{outcome}} per minute": per_minute("dimona_file_forms_total", "outcome")},
        ),
        Panel(
            "Files without answer",
            "For how many seconds the oldest file has been without acknowledgement, the oldest GO file "
            "without its files, and the folders without a search.",
            {"acknowledgement": most("dimona_file_unacknowledged_oldest_seconds"),
             "GO without files": most("dimona_file_start_oldest_seconds"),
             "last search": age("dimona_file_folders_read_timestamp_seconds", where='service="files"')},
            unit="s", red_from=300, runbook="file-unacknowledged",
        ),
        Panel(
            "Answers to expeditors",
            "Answers and queries that wait, expeditors at a limit, and per minute: answers by kind, and "
            "queries that were given up.",
            {"answers that wait": most("dimona_file_answers_waiting"),
             "queries that wait": most("dimona_file_queries_waiting"),
             "expeditors at limit {{limit}}": most("dimona_file_expeditors_full", "limit"),
             "{{kind}} per minute": per_minute("dimona_file_answers_total", "kind"),
             "queries given up": per_minute("dimona_file_queries_given_up_total")},
            runbook="expeditor-full",
        ),
        Panel(
            "SFTP server",
            "Open connections, and per minute what the server refused, by reason.",
            {"connections": total("dimona_sftp_connections"),
             "refused: {{reason}}": per_minute("dimona_sftp_refused_total", "reason")},
        ),
        Panel(
            "Deleted because of their age, per minute",
            "Unfinished uploads, answers that were not removed, and forms of files that have ended.",
            {"uploads": per_minute("dimona_file_uploads_deleted_total"),
             "answers": per_minute("dimona_file_answers_deleted_total"),
             "forms": per_minute("dimona_file_forms_deleted_total")},
        ),
    ),
)  # fmt: skip
