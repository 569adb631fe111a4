"""What the recipes of the networks that see have in common."""
