"""Keeps what was said, provably unchanged: sealed masters, open copies, levels, under a number of their own."""
