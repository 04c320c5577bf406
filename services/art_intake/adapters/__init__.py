"""The outside: tables, multipart bodies."""
