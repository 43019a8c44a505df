"""All dashboards, in the order in which an operator reads them."""

from __future__ import annotations

from typing import Final

from deploy.grafana import channels, declared, deliveries, identification, servers, stuck, well
from deploy.grafana.panel import Dashboard

DASHBOARDS: Final[tuple[Dashboard, ...]] = (
    well.DASHBOARD,
    stuck.DASHBOARD,
    declared.DASHBOARD,
    identification.DASHBOARD,
    deliveries.DASHBOARD,
    channels.DASHBOARD,
    servers.DASHBOARD,
)
#: Events that are drawn as vertical lines over every panel, by name.
ANNOTATIONS: Final = {
    "Restarts": 'changes(process_start_time_seconds{job="dimona"}[2m]) > 0',
    "Alerts": 'ALERTS{alertname=~"Dimona.+", alertstate="firing"}',
}
