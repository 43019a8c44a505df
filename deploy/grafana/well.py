"""The dashboard "Is all well?": promises, times, and the flow of declarations."""

from __future__ import annotations

from typing import Final

from deploy.grafana.panel import PARKED, Dashboard, Panel, age, most, per_minute, quantile

_CANARY: Final = "dimona_canary_last_success_timestamp_seconds"
_CANARY_FAILURES: Final = "dimona_canary_failures_total"
_SLO: Final = "dimona:slo_errors:ratio_rate"

DASHBOARD: Final = Dashboard(
    "overview", "Dimona: is all well?",
    "Whether declarations come in, end in time, and reach those who must know.",
    (
        Panel(
            "Broken promises",
            "Declarations without final result, with two results, without notification or without message in "
            "the e-Box, counted from the stores by the ledger. Must be 0.",
            {"{{promise}}": most("dimona_ledger_broken", "promise")},
            kind="stat", width=5, red_from=1, runbook="ledger",
        ),
        Panel(
            "Unaccounted declarations",
            "Received over a minute ago, with neither a final result nor an open identification. Must be 0.",
            {"unaccounted": most("dimona_declarations_unaccounted")},
            kind="stat", width=4, red_from=1, runbook="declarations-unaccounted",
        ),
        Panel(
            "Parked or unrouted messages",
            "Messages that failed for good, fit no queue, or expired. Each waits for an operator.",
            {"messages": f"sum(rabbitmq_detailed_queue_messages{{{PARKED}}})"},
            kind="stat", width=4, red_from=1, runbook="parked",
        ),
        Panel(
            "Processes not ready",
            "Processes whose database or broker does not answer, and targets that do not answer Prometheus.",
            {"not ready": "count(dimona_up == 0) or vector(0)", "silent": "count(up == 0) or vector(0)"},
            kind="stat", width=4, red_from=1, runbook="not-ready",
        ),
        Panel(
            "Queues without consumer",
            "Queues that should have a consumer at the broker and have none: a service is down.",
            {"missing": "count(dimona_consumer_up == 0) or vector(0)"},
            kind="stat", width=4, red_from=1, runbook="consumer-missing",
        ),
        Panel(
            "Ledger",
            "How many declarations the ledger watches, and how many seconds ago it read the stores.",
            {"watched": most("dimona_ledger_watched"),
             "seconds ago": age("dimona_ledger_last_look_timestamp_seconds")},
            kind="stat", width=3, runbook="ledger-blind",
        ),
        Panel(
            "In time, last hour",
            "Share of the declarations of the last hour within each objective of docs/operations.md.",
            {"{{slo}}": f"1 - {_SLO}1h"},
            unit="percentunit", kind="stat", width=12, runbook="slow",
        ),
        Panel(
            "Budget left, three days",
            "1: all were in time. 0: as many were late in three days as the objective allows. Below: more.",
            {"{{slo}}": f"1 - {_SLO}3d / on (slo) dimona:slo_budget:ratio"},
            unit="percentunit", kind="stat", width=12, red_below=0, runbook="slow",
        ),
        Panel(
            "Received per minute",
            "Declarations that intake stored, by channel, the refused ones included.",
            {"{{channel}}": per_minute("dimona_declarations_received_total", "channel")},
        ),
        Panel(
            "Final results per minute",
            "Declarations with their final result: accepted, accepted with a warning, refused. In the long "
            "run as many as were received.",
            {"{{result}}": per_minute("dimona_declarations_completed_total", "result")},
        ),
        Panel(
            "Not final yet",
            "Declarations on their way, and those that wait for an identification after a provisional "
            "result.",
            {"on their way": most("dimona_declarations_open"),
             "identification": most("dimona_provisional_pending")},
        ),
        Panel(
            "Time to the result",
            "From reception to the first answer, to a provisional and to the final result; half, 95 and 99 "
            "of 100 are faster. The final result of a declaration with an identification includes that wait.",
            {f"{{{{stage}}}} p{round(share * 100)}":
             quantile(share, "dimona_declaration_latency_seconds", "stage") for share in (0.5, 0.95, 0.99)},
            unit="s", width=12,
        ),
        Panel(
            "Time to the reception",
            "From the arrival of a declaration at intake to its reception; half, 95 and 99 of 100 are "
            "faster.",
            {f"{{{{channel}}}} p{round(share * 100)}":
             quantile(share, "dimona_declaration_reception_seconds", "channel")
             for share in (0.5, 0.95, 0.99)},
            unit="s", width=12,
        ),
        Panel(
            "Canary: last success",
            "How many seconds ago a round of the canary in the sandbox succeeded. Empty without a sandbox.",
            {"seconds ago": age(_CANARY, where='service="canary"')},
            unit="s", kind="stat", width=6, red_from=300, runbook="canary-silent",
        ),
        Panel(
            "Canary: times",
            "How long the last IN of the canary took to its reception and to its final result.",
            {"{{stage}}": most("dimona_canary_seconds", "stage")},
            unit="s", width=9, runbook="canary-silent",
        ),
        Panel(
            "Canary: failures",
            "Rounds of the canary that failed in the last hour, by the step at which they failed.",
            {"{{step}}": f"sum by (step) (increase({_CANARY_FAILURES}[1h]))"},
            width=9, runbook="canary-silent",
        ),
    ),
)  # fmt: skip
