"""The Grafana dashboard as Python data, from which its JSON file is written."""
