"""The demo's clip and the harder clip: ``python -m recipes.demo``."""
