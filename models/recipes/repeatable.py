"""Repeatable training: the same seed gives the same file on the same machine and packages.

Another processor may round otherwise, and training lets that grow: the cards say how far their
figures may be off.
"""

import tensorflow as tf


def begin(seed: int, jobs: int) -> None:
    """Settle TensorFlow for this process: *seed*, and at most *jobs* threads.

    To be called once, before anything else is asked of TensorFlow.
    """
    tf.config.threading.set_intra_op_parallelism_threads(jobs)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
