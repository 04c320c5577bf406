"""How events travel: spool, router, retries, dead letters, outbox. Nothing here knows what an event means."""
