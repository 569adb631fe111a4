"""The gate: nothing from sense is taken in that is not in the contract."""

import msgspec

from edgenode.handover import Hello, Inventory, ToUplink, decode_to_uplink
from edgenode.messages import Count, Run, Seq


def admit(payload: bytes) -> ToUplink:
    """Return what sense says. Raise ``ContractError`` for anything that is not in the contract."""
    return decode_to_uplink(payload)


def salvage(payload: bytes) -> int | Hello | None:
    """Return what must be answered in a packet that was rejected.

    The seq of an offer, so that sense does not keep for ever what can never pass; a greeting
    without its inventory, so that a wrong inventory does not hold findings back. Else None.
    """
    try:
        said = msgspec.msgpack.decode(payload)
        if said["type"] == "offer":
            return msgspec.convert(said["seq"], Seq)
        if said["type"] == "hello":
            run, kept = msgspec.convert((said["run"], said.get("kept", 0)), tuple[Run, Count])
            return Hello(run=run, kept=kept, inventory=Inventory())
    except (msgspec.MsgspecError, ValueError, LookupError, TypeError, RecursionError):
        return None
    return None
