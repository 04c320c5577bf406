"""The outside of `replies`: its tables, the providers, and the loop that looks after what is on its way."""
