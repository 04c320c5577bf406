"""A stand-in for Twilio: stateful, on this machine only, for tests and for `heard demo`."""
