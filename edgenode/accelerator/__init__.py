"""Interpreters: everything that knows TFLite runtimes and the Edge TPU."""
