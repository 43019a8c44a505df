"""The dashboard "Declared and refused": kinds, results, anomalies and searches of the register."""

from __future__ import annotations

from typing import Final

from deploy.grafana.panel import Dashboard, Panel, age, levels, most, per_minute, rates

DASHBOARD: Final = Dashboard(
    "declared", "Dimona: declared and refused",
    "What employers declare, what is refused, and why.",
    (
        rates("Received per minute", "Declarations that intake stored, by channel and kind.",
              "dimona_declarations_received_total", "channel", "declaration_type", width=12),
        rates("Final results per minute", "By kind of declaration and result.",
              "dimona_declarations_completed_total", "declaration_type", "result", width=12),
        Panel(
            "Refused share",
            "Part of the final results that are refusals. A jump: new software of a sender, or a fault of "
            "ours.",
            {"{{channel}}":
             'sum by (channel) (rate(dimona_declarations_completed_total{result="refused"}[15m])) '
             "/ sum by (channel) (rate(dimona_declarations_completed_total[15m]))"},
            unit="percentunit",
        ),
        Panel(
            "Anomalies per minute",
            "The ten most frequent codes in answers to senders.",
            {"{{code}} {{severity}}":
             f"topk(10, {per_minute('dimona_declaration_anomalies_total', 'code', 'severity')})"},
        ),
        rates("Not readable, per minute", "Messages and requests that are no declaration, by reason; each "
              "got a problem as its answer.", "dimona_declarations_unreadable_total", "reason"),
        rates("Without a right, per minute", "Declarations by a sender without a right to them, by reason.",
              "dimona_mandate_denials_total", "reason"),
        rates("Periods changed, per minute", "Periods and registered days, by change.",
              "dimona_periods_changed_total", "change"),
        Panel(
            "Searches of the register",
            "Highest count of any client today: workers that it named first, CANCELs within a day of the IN, "
            "data that the register contradicts (-348). And INs refused because of the daily bound, per "
            "minute.",
            {"{{pattern}}": most("dimona_organization_day_most", "pattern"),
             "denied per minute": per_minute("dimona_workers_denied_total")},
            runbook="probing",
        ),
        Panel(
            "Pairs that only inference would refuse, per hour",
            "INs accepted with a joint commission and worker type that no source pairs or refuses (rule "
            "R52).",
            {"{{joint_commission}} {{worker_type}}":
             "3600 * sum by (joint_commission, worker_type) (rate(dimona_inferred_pairs_total[1h]))"},
        ),
        Panel(
            "Register of enterprises loaded",
            "1: an unknown number of a user undertaking is refused (00131-235). 0: it is accepted unseen.",
            {"loaded": "min(dimona_register_loaded)"},
            kind="stat",
        ),
        levels("Worked days without a declaration", "Imported worked days, by outcome.",
               "dimona_omission_findings", "outcome"),
        Panel(
            "Omission candidates",
            "Candidates that two agents have not decided yet.",
            {"open": most("dimona_omission_candidates_open")},
            kind="stat", width=4,
        ),
        Panel(
            "Last import of worked days",
            "How long ago the last file of worked days was imported.",
            {"ago": f"({age('dimona_omission_imported_timestamp_seconds')}) "
                    "and on () max(dimona_omission_imported_timestamp_seconds) > 0"},
            unit="s", kind="stat", width=4,
        ),
    ),
)  # fmt: skip
