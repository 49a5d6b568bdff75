"""The full stack on one machine: demo, Prometheus, Alertmanager, Grafana where it is, and a stand-in for the Ministry."""
