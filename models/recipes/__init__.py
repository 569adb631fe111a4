"""The recipes of the starter models: from nothing to a file that a node runs."""
