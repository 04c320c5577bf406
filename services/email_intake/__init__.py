"""Takes in mail: an SMTP server for our own addresses. Seals each mail whole, and parses none of it."""
