"""The built-in sources; each is the only home of its hardware package."""
