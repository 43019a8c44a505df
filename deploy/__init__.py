"""What is needed to run the system: local stack, Prometheus, Grafana."""
