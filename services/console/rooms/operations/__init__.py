"""The live page: whether each channel and service is well, late or broken, and what that means for people."""
