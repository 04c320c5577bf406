"""What the pager does: with an event, at a turn of the clock, with an intake's receipts."""
