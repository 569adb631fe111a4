"""Loads the model of a manifest on a device, and checks it."""

import hashlib
from dataclasses import dataclass

import msgspec

from edgenode.accelerator import edgetpu
from edgenode.accelerator.interpreter import Interpreter
from edgenode.catalogue.manifest import Manifest
from edgenode.catalogue.store import Store
from edgenode.errors import ModelError
from edgenode.messages import ModelMeta
from edgenode.plugin import Model


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model in memory: its description for the plugin, its interpreter, its entry in ``meta``."""

    model: Model
    interpreter: Interpreter
    meta: ModelMeta


def load(manifest: Manifest, store: Store, device: str = "auto") -> Loaded:
    """Return the model of *manifest*, loaded on *device*; ``auto`` and ``cpu`` mean the CPU.

    Raise ``ModelError`` if the file is missing, damaged or different from the manifest, and
    ``DeviceError`` if *device* is an Edge TPU that cannot be used.
    """
    kind = manifest.kind_for(device)
    if kind == "edgetpu":
        # First: without an Edge TPU its error is the better one, even if the file is missing, too.
        edgetpu.place(device, has_twin=manifest.files.cpu is not None)
    content = store.read(manifest, kind)
    if kind == "edgetpu":
        interpreter = edgetpu.open_interpreter(content, manifest.id, device)
    else:
        interpreter = Interpreter(content, manifest.id)
    model = _checked(manifest, store, interpreter)
    return Loaded(model, interpreter, _meta(model, hashlib.sha256(content).hexdigest()))


def _meta(model: Model, sha256: str) -> ModelMeta:
    """Return the model's entry in ``meta``; raise ``ModelError`` if the contract refuses it.

    Otherwise one label that is too long would make the gate refuse the whole inventory.
    """
    meta = ModelMeta(id=model.id, sha256=sha256, labels=model.labels, input=model.input.shape)
    try:
        return msgspec.convert(msgspec.to_builtins(meta), ModelMeta, strict=False)
    except msgspec.ValidationError as error:
        raise ModelError(
            f"model {model.id!r} cannot be published: {error}; correct its labels"
        ) from error


def _checked(manifest: Manifest, store: Store, interpreter: Interpreter) -> Model:
    found = interpreter.inputs[0]
    declared = manifest.input
    if (found.dtype, found.shape) != (declared.dtype, tuple(declared.shape)):
        raise ModelError(
            f"model {manifest.id!r} takes {found.dtype} {list(found.shape)}, its manifest declares"
            f" {declared.dtype} {list(declared.shape)}: pull the right file, or correct"
            f" {str(manifest.folder / 'model.toml')!r}"
        )
    return Model(
        id=manifest.id,
        labels=store.labels(manifest),
        input=found,
        outputs=interpreter.outputs,
        traits=manifest.traits,
    )
