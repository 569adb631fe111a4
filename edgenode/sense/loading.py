"""From a manifest and a device to a model that is checked, loaded and ready."""

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
    """A model in memory: what a plugin may know of it, its interpreter, and what the birth says."""

    model: Model
    interpreter: Interpreter
    meta: ModelMeta


def load(manifest: Manifest, store: Store, device: str = "auto") -> Loaded:
    """Return the model of *manifest* on *device*; ``auto`` and ``cpu`` are the CPU.

    Raise ``ModelError`` when the file is missing, damaged or not what the manifest says, and
    ``DeviceError`` when the Edge TPU is asked for and cannot be used.
    """
    kind = manifest.kind_for(device)
    if kind == "edgetpu":
        edgetpu.place(device, has_twin=manifest.files.cpu is not None)
    content = store.read(manifest, kind)
    if kind == "edgetpu":
        interpreter = edgetpu.open_interpreter(content, manifest.id, device)
    else:
        interpreter = Interpreter(content, manifest.id)
    model = _checked(manifest, store, interpreter)
    return Loaded(model, interpreter, _meta(model, hashlib.sha256(content).hexdigest()))


def _meta(model: Model, sha256: str) -> ModelMeta:
    """Return what the birth says of the model; raise ``ModelError`` where it may not say that.

    One label that is too long would keep the whole inventory from leaving.
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
