"""Takes in what people make: the public form, and what partner organisations hand over. Seals it, and can open none."""
