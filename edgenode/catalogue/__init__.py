"""Model manifests: what a model is, where it comes from and whether a file is that model."""
