"""The recipes of the starter models: from nothing to a file that a node runs."""

import os

# TensorFlow reads it once, when it is imported: warnings and errors only.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
