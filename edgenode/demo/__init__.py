"""A whole node on recordings: what `edgenode demo` runs."""
