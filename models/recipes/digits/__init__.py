"""The recipe of starter-digits: one handwritten digit in a small picture."""
