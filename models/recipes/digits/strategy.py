"""Where a network is trained: on a Cloud TPU, on several GPUs, on one, or here on the processor."""

import os
from enum import StrEnum
from pathlib import Path

import tensorflow as tf

LOCAL_TPU = Path("/dev/accel0")
"""The first chip of a TPU that this machine has itself."""


class Device(StrEnum):
    """What does the sums."""

    TPU = "Cloud TPU"
    GPUS = "several GPUs"
    GPU = "one GPU"
    CPU = "the processor"


def choice(*, tpu: str, gpus: int) -> Device:
    """Return the best device of what there is.

    Args:
        tpu: name or address of a Cloud TPU, empty for none.
        gpus: how many there are.
    """
    if tpu:
        return Device.TPU
    if gpus > 1:
        return Device.GPUS
    return Device.GPU if gpus else Device.CPU


def found_tpu(named: str = "") -> str:
    """Return the TPU to use: *named*, else ``$TPU_NAME``, else this machine's own; or nothing."""
    return named or os.environ.get("TPU_NAME", "") or ("local" if LOCAL_TPU.exists() else "")


def strategy(tpu: str = "") -> tf.distribute.Strategy:
    """Return the strategy for what there is, and tell which; *tpu* names a Cloud TPU.

    To be called before anything is computed. A TPU that is named and not there raises
    TensorFlow's ``ValueError`` or ``tf.errors.NotFoundError``: nobody wants to wait for a
    processor instead.
    """
    address, gpus = found_tpu(tpu), tf.config.list_logical_devices("GPU")
    device = choice(tpu=address, gpus=len(gpus))
    made = _made(device, address)
    replicas = made.num_replicas_in_sync
    print(f"training on {device}, {replicas} at once", flush=True)
    return made


def _made(device: Device, address: str) -> tf.distribute.Strategy:
    if device is Device.TPU:
        resolver = tf.distribute.cluster_resolver.TPUClusterResolver(tpu=address)
        tf.config.experimental_connect_to_cluster(resolver)
        tf.tpu.experimental.initialize_tpu_system(resolver)
        return tf.distribute.TPUStrategy(resolver)
    if device is Device.GPUS:
        return tf.distribute.MirroredStrategy()
    if device is Device.GPU:
        return tf.distribute.OneDeviceStrategy("/gpu:0")
    return tf.distribute.get_strategy()
