"""The local stack, Prometheus and Grafana: everything that runs the system."""
