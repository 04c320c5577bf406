"""A mail to words: `parse` is what the child runs, `verify` whether a signature of it holds."""

from services.reader.rules.mail.parse import parse, warm
from services.reader.rules.mail.signed import verify

__all__ = ["parse", "verify", "warm"]
