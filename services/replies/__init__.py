"""Answers: the one neutral acknowledgement, whether and when it is safe to send, and who asked us to stop."""
