"""Kafka and PostgreSQL for one machine, from the Python environment alone."""
