"""A stand-in for the mail server that sends for us, and for the people it brings mail to."""
