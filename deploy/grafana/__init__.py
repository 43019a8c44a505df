"""The Grafana dashboards, written from Python so that they stay small and alike."""
