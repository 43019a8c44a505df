"""The programs around the system: local stack, Prometheus, Grafana dashboard, documentation pages."""
