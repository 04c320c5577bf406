"""Gives every part with words a safeguarding level, on the raw words, within seconds; doubt goes to a person."""
