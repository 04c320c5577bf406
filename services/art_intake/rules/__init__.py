"""Pure rules: codes of six words, tokens, limits, what a file is."""
