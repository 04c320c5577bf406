"""The partners' API: organisations hand over files one by one, see what arrived, and get a signed proof."""
