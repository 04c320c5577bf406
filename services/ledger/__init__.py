"""The ledger: where every contribution is, what is late, what is missing. It reads every topic and publishes nothing."""
