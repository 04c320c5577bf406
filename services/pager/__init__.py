"""Rings a trained person, and goes on until one answers: with the database away, with Kafka away, after a crash."""
