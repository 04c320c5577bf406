"""The reader's decisions: what is read how, and what is said of it."""
