"""Loads the model of a manifest on a device, and checks it."""

import hashlib
from dataclasses import dataclass
from typing import Literal

import msgspec

from edgenode.accelerator import edgetpu
from edgenode.accelerator.interpreter import Interpreter
from edgenode.accelerator.trial import Trials
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

    A file that is new to this machine is tried first, see ``tried``. Raise ``ModelError`` if it is
    missing, damaged or different from the manifest, and ``DeviceError`` if *device* is an Edge TPU
    that cannot be used.
    """
    kind = manifest.kind_for(device)
    if kind == "edgetpu":
        # First: without an Edge TPU its error is the better one, even if the file is missing, too.
        edgetpu.place(device, has_twin=manifest.files.cpu is not None)
    content, sha256 = tried(manifest, store, kind)
    if kind == "edgetpu":
        interpreter = edgetpu.open_interpreter(content, manifest.id, device)
    else:
        interpreter = Interpreter(content, manifest.id)
    model = _checked(manifest, store, interpreter)
    return Loaded(model, interpreter, _meta(model, sha256))


def tried(manifest: Manifest, store: Store, kind: Literal["cpu", "edgetpu"]) -> tuple[bytes, str]:
    """Return the file of *manifest* and its SHA-256, once it has worked in a process of its own.

    Raise ``ModelError`` if it does not, or if it is missing, damaged or another one.
    """
    content = store.read(manifest, kind)
    sha256 = hashlib.sha256(content).hexdigest()
    # A process of its own could not have an Edge TPU that this one uses: what is for it is read.
    Trials().check(content, sha256, manifest.id, "cpu" if kind == "cpu" else "none")
    return content, sha256


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
