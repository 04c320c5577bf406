"""A mail to words: `parse` is what the child runs."""

from services.reader.rules.mail.parse import parse, warm

__all__ = ["parse", "warm"]
