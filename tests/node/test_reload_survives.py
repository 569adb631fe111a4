"""Whatever is in the files, a reload ends no process."""

import signal
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.node.conftest import Site

Until = Callable[..., None]

KEPT = "the running configuration is kept"

HOSTILE = {
    "a name over 255": b"[models]\nfolders = ['" + b"x" * 300 + b"']\n",
    "a name over 255 of the broker's": b"mqtt.ca_file = '" + b"x" * 300 + b"'\n",
    "a name over 255 of a recording": (
        b"[sources.more]\nuse = 'replay'\npath = '" + b"x" * 300 + b".mp4'\n"
    ),
    "a zero byte": b'[outbox]\nfolder = "a\\u0000b"\n',
    "deep arrays": b"a = " + b"[" * 5000,
    "deep tables": b"[" + b".".join([b"a"] * 5000) + b"]\n",
    "many digits": b"a = " + b"9" * 5000 + b"\n",
    "UTF-16": "[node]\nsite = 'a'\n".encode("utf-16"),
    "no text": bytes(range(256)),
    "a user that cannot be": b'handover.sense_user = "a\\u0000b"\n',
    "a device that cannot be": b"plugins.numbers.device = 'edgetpu:" + b"9" * 5000 + b"'\n",
}


def test_no_drop_in_ends_a_node_and_the_next_good_one_is_applied(
    node: "Site", until: Until
) -> None:
    run = node.start("run")
    until(lambda: "sense is connected" in run.log, 20)
    children = run.children()
    drop_in = node.folder / "edgenode.d" / "10.toml"
    drop_in.parent.mkdir()

    for number, content in enumerate(HOSTILE.values(), 1):
        drop_in.write_bytes(content)
        run.process.send_signal(signal.SIGHUP)
        until(lambda number=number: run.log.count(KEPT) == number, 20)
    drop_in.write_bytes(b"[node]\nsite = 'mended'\n")
    run.process.send_signal(signal.SIGHUP)
    until(lambda: run.log.count("in force") == 2, 20)

    assert run.children() == children
    assert "Traceback" not in run.log


@pytest.mark.parametrize("what", ["a file", "a link that leads nowhere"])
def test_what_stands_in_the_place_of_the_drop_ins_ends_no_node(
    node: "Site", until: Until, what: str
) -> None:
    run = node.start("run")
    until(lambda: "sense is connected" in run.log, 20)
    children = run.children()
    place = node.folder / "edgenode.d"
    if what == "a file":
        place.write_text("")
    else:
        place.symlink_to("/nowhere")

    run.process.send_signal(signal.SIGHUP)
    until(lambda: KEPT in run.log, 20)

    assert run.children() == children
    assert str(place) in run.log
