"""Turns mail, sound, pictures and documents into words, or says why it could not."""
