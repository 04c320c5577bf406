"""What the pager knows and decides, without tables, clock or network."""
