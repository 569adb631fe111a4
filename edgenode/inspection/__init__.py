"""Reads model files and predicts what the Edge TPU's compiler does with them; needs no runtime."""
