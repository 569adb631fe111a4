"""Compares findings with the truth of a clip: one file for each kind of finding."""
