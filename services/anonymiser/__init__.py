"""Takes identities out of words, the same stand-in through one thread; holds what it doubts for a reviewer."""
