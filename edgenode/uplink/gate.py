"""The gate: nothing from sense is taken in that is not in the contract."""

import msgspec

from edgenode.handover import ToUplink, decode_to_uplink
from edgenode.messages import Seq


def admit(payload: bytes) -> ToUplink:
    """Return what sense says. Raise ``ContractError`` for anything that is not in the contract."""
    return decode_to_uplink(payload)


def seq_of(payload: bytes) -> int | None:
    """Return the seq of an offer that was rejected, None where there is none.

    So that sense does not keep for ever what can never pass.
    """
    try:
        said = msgspec.msgpack.decode(payload)
        return msgspec.convert(said["seq"], Seq) if said["type"] == "offer" else None
    except (msgspec.MsgspecError, ValueError, LookupError, TypeError, RecursionError):
        return None
