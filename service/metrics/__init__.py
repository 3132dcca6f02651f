"""What is counted, for Prometheus and for service level objectives."""
