"""The reader's outside: its child processes, the object store, the DNS, what waits at a provider."""
