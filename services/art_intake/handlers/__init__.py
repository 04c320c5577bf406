"""Decides: what a form becomes, what a partner's item becomes, and what is known of either later."""
