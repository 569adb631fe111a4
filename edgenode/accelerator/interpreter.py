"""The only module that knows tflite_runtime and ai_edge_litert."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from edgenode.errors import DeviceError, ModelError
from edgenode.plugin import Tensor, TensorSpec


def runtime() -> tuple[Callable[..., Any], Callable[..., Any], str]:
    """Return ``Interpreter``, ``load_delegate`` and the name of the installed TFLite runtime.

    Raise ``DeviceError`` if there is none, or if it does not work with the installed numpy.
    """
    try:
        from tflite_runtime import interpreter as module

        name = "tflite-runtime"
    except ImportError:
        try:
            from ai_edge_litert import interpreter as module

            name = "ai-edge-litert"
        except ImportError as error:
            raise DeviceError(
                "no TFLite runtime: `pip install edgenode` brings tflite-runtime (Python 3.11)"
                " or ai-edge-litert (3.12 and later)"
            ) from error
    # Its binary is built for numpy 1 and does not work with numpy 2.
    if name == "tflite-runtime" and int(np.__version__.partition(".")[0]) >= 2:  # noqa: PLR2004
        raise DeviceError(
            f"tflite-runtime needs numpy 1, here is numpy {np.__version__}: pip install 'numpy<2'"
        )
    return module.Interpreter, module.load_delegate, name


class Interpreter:
    """A loaded model. For one thread; other threads run during an inference.

    Attributes:
        inputs, outputs: as the file declares them, in the file's order.
    """

    def __init__(
        self, content: bytes, name: str, *, threads: int = 1, delegates: Sequence[Any] = ()
    ) -> None:
        """Load *content*, a .tflite file; *name* is used in errors.

        Raise ``ModelError`` if it is not a model, has operators that this runtime lacks, or has not
        one input of a fixed size.
        """
        make, _, _ = runtime()
        self._make = partial(
            make,
            model_content=content,
            num_threads=threads,
            experimental_delegates=list(delegates) or None,
        )
        self._name = name
        self._engine = self._ready()
        _check_input(self._engine.get_input_details(), name)
        self.inputs = tuple(_spec(detail) for detail in self._engine.get_input_details())
        self.outputs = tuple(_spec(detail) for detail in self._engine.get_output_details())
        if not self.outputs:
            raise ModelError(f"model {name!r} has no output; convert it again")
        self._input = self._engine.get_input_details()[0]["index"]
        self._outputs = [detail["index"] for detail in self._engine.get_output_details()]

    def infer(self, tensor: Tensor) -> list[Tensor]:
        """Run an inference on *tensor*, the input; return copies of the output tensors.

        Raise ``ModelError`` if the inference fails.
        """
        engine = self._engine
        engine.set_tensor(self._input, tensor)
        try:
            engine.invoke()
        except RuntimeError as error:
            raise ModelError(
                f"model {self._name!r}: inference failed: {_first_line(error)}; convert it again,"
                " or use another"
            ) from error
        return [engine.get_tensor(index) for index in self._outputs]

    def reset(self) -> None:
        """Forget the state that a streaming model keeps between inferences."""
        # reset_all_variables() does not reset resource variables (VAR_HANDLE): load it again.
        self._engine = self._ready()

    def _ready(self) -> Any:  # noqa: ANN401 the runtimes have no types
        try:
            engine = self._make()
            engine.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise ModelError(
                f"model {self._name!r} does not load: {_first_line(error)}; convert it again, or"
                " use another"
            ) from error
        return engine


def _check_input(details: Sequence[dict[str, Any]], name: str) -> None:
    """Raise ``ModelError`` if there is not one input, or if it has a size that is not fixed."""
    listed = ", ".join(f"{_title(detail)} {detail['name']!r}" for detail in details)
    if len(details) != 1:
        raise ModelError(
            f"model {name!r} has {len(details)} inputs ({listed or 'none'}), a node fills one:"
            " export it with a single input, with all else constant or kept inside of the model"
        )
    shape = details[0]["shape_signature"].tolist()
    # An open batch is taken as 1. A single axis is no batch.
    if min(shape[1:] if len(shape) > 1 else shape, default=0) < 0:
        raise ModelError(
            f"model {name!r} takes {_title(details[0])}: its size is open, and it would run on 1 by"
            " 1; convert it with fixed sizes: imgsz=320, or"
            " tf.keras.Input((224, 224, 3), batch_size=1)"
        )


def _title(detail: dict[str, Any]) -> str:
    """Return type and shape, with ``?`` for a size that is not fixed."""
    shape = ", ".join("?" if size < 0 else str(size) for size in detail["shape_signature"])
    return f"{np.dtype(detail['dtype']).name} [{shape}]"


def _spec(detail: dict[str, Any]) -> TensorSpec:
    scale, zero_point = detail["quantization"]
    return TensorSpec(
        name=detail["name"],
        shape=tuple(int(n) for n in detail["shape"]),
        dtype=np.dtype(detail["dtype"]).name,
        scale=float(scale),
        zero_point=int(zero_point),
    )


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
