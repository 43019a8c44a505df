"""The dashboard "Deliveries": notifications, replies, the e-Box and the feed for institutions."""

from __future__ import annotations

from typing import Final

from deploy.grafana.panel import Dashboard, Panel, levels, most, rates

DASHBOARD: Final = Dashboard(
    "deliveries", "Dimona: deliveries, e-Box and institutions",
    "Whether results, notifications and events reach their recipients.",
    (
        rates("Notifications per minute", "Notifications made, by kind and addressee.",
              "dimona_notifications_total", "kind", "target"),
        levels("Oldest delivery", "How long the oldest reply, notification or feed event has been waiting. "
               "One recipient whose queue is full shows here and delays no other.",
               "dimona_delivery_oldest_overdue_seconds", "service",
               unit="s", red_from=600, runbook="deliveries-overdue"),
        levels("Deliveries that wait", "Messages for queues of recipients that are not sent yet.",
               "dimona_deliveries_pending", "service", runbook="deliveries-overdue"),
        levels("Recipients that wait", "Recipients whose deliveries pause for a while after a failure.",
               "dimona_circuits_open", "service", runbook="deliveries-overdue"),
        rates("Attempts per minute", "Deliveries by webhook, file or SMS, by outcome.",
              "dimona_dispatch_attempts_total", "channel", "outcome", runbook="sms-unreachable"),
        levels("Webhooks, files and SMS that wait", "Deliveries that are not made yet.",
               "dimona_dispatches_pending", "service"),
        levels("Oldest webhook or file", "How long the oldest delivery has been waiting; it is given up "
               "after 72 hours.", "dimona_dispatch_oldest_seconds", "service", unit="s"),
        levels("Given up", "Deliveries by webhook, file or SMS that an operator must look at.",
               "dimona_dispatches_exhausted", "service", red_from=1, runbook="delivery-exhausted"),
        levels("Letters on paper", "Documents that wait to be written for paper.",
               "dimona_print_jobs_waiting", "service"),
        Panel(
            "Feed behind",
            "Age of the oldest event that readers of the feed do not see yet, because an older transaction "
            "of the database cluster still runs.",
            {"oldest event": most("dimona_feed_horizon_age_seconds")},
            unit="s", red_from=60, runbook="feed-frozen",
        ),
        Panel(
            "Institutions behind",
            "Age of the oldest event that was not pushed yet to an institution.",
            {"oldest event": most("dimona_feed_push_lag_seconds")},
            unit="s", red_from=300, runbook="institution-behind",
        ),
        rates("Failed pushes per minute", "Events that could not be pushed to an institution, by way.",
              "dimona_pushes_failed_total", "way", runbook="institution-behind"),
        rates(
            "Divided pushes of states, per minute",
            "Pushes of states to an institution that were too large for one step.",
            "dimona_states_divided_total",
            runbook="institution-behind",
        ),
        Panel(
            "Inscriptions",
            "Inscriptions of the institution with most of them.",
            {"most": most("dimona_inscriptions_most")},
            kind="stat", width=12,
        ),
        Panel(
            "Faults in the log of disclosures",
            "Rows that the last check of the feed found changed, removed or moved. Must be 0.",
            {"faults": most("dimona_disclosure_breaks")},
            kind="stat", width=12, red_from=1, runbook="disclosures-broken",
        ),
    ),
)  # fmt: skip
