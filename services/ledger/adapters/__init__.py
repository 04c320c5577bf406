"""The ledger's outside: its tables, Kafka's offsets, the intakes' receipts, the services' outboxes, the pages."""
