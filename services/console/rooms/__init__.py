"""The pages of each kind of staff."""
