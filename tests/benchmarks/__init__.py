"""How fast it is on this machine. Shared machines are noisy: quote ratios from one run, never the bare figures."""
