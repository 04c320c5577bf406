"""PostgreSQL: one database, a role and a schema per service, the same tables for what was seen and what goes out."""

from shared.database.engine import connect, is_away, is_busy, is_slow, role_uri, within
from shared.database.tables import Book, book

__all__ = ["Book", "book", "connect", "is_away", "is_busy", "is_slow", "role_uri", "within"]
