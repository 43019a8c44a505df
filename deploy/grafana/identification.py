"""The dashboard "Identification and cases": workers to identify, and work of agents."""

from __future__ import annotations

from typing import Final

from deploy.grafana.panel import Dashboard, Panel, most, rates

DASHBOARD: Final = Dashboard(
    "identification", "Dimona: identification and cases",
    "Which workers are not identified yet, and which cases wait for a person.",
    (
        Panel(
            "Open identifications",
            "Each was answered with S and still owes its sender a final result.",
            {"open": most("dimona_provisional_pending")},
            kind="stat", width=6,
        ),
        Panel(
            "Oldest identification",
            "Age of the oldest open identification. It ends by itself after ten working days, as a refusal.",
            {"oldest": most("dimona_provisional_oldest_age_seconds")},
            unit="s", kind="stat", width=6,
        ),
        Panel(
            "Open cases",
            "Contestations, complaints and reported errors that are open.",
            {"{{kind}}": most("dimona_contact_cases_open", "kind")},
            kind="stat", width=6, runbook="cases-overdue",
        ),
        Panel(
            "Overdue cases",
            "Open cases whose last day for an answer is past. Must be 0.",
            {"{{kind}}": most("dimona_contact_cases_overdue", "kind")},
            kind="stat", width=6, red_from=1, runbook="cases-overdue",
        ),
        rates("Identifications per minute", "By NISS or by characteristics, and by outcome.",
              "dimona_identifications_total", "method", "outcome", width=12),
        Panel(
            "Time to the provisional result, p95",
            "From reception to the S with which an identification begins.",
            {"p95": "histogram_quantile(0.95, sum by (le) "
                    '(rate(dimona_declaration_latency_seconds_bucket{stage="provisional"}[5m])))'},
            unit="s", width=12,
        ),
        rates("Contestations per minute", "By outcome: opened, refused, upheld, rejected, withdrawn.",
              "dimona_contestations_total", "outcome", width=12),
    ),
)  # fmt: skip
