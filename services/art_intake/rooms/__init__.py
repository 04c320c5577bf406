"""What people and partners meet: the public form, and the partners' API."""
