"""The pager's outside: tables, the local file, the provider of texts, the webhook, the intakes."""
