"""The messages of docs/troubleshooting.md are those that edgenode says."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pytest

from edgenode import plugin
from edgenode.catalogue import labels
from edgenode.cli import main
from edgenode.config import Mqtt
from edgenode.errors import ConfigError, ModelError
from edgenode.handover.listener import Listener
from edgenode.mqtt.client import Client, Handler
from edgenode.sense.plugins.image_classification import ClassificationOptions, ImageClassification
from tests.hostile_models import CRASHES
from tests.mqtt.certificates import FUTURE, Authority
from tests.pages import blocks
from tests.sense.manifests import own_model
from tests.sense.sources import films
from tests.sense.sources.sounds import Header, wav
from tests.waiting import until

if TYPE_CHECKING:
    from tests.brokers import Mosquitto

PAGE = "docs/troubleshooting.md"
STRANGER = 4_242


class Desk:
    """A folder to work in, and what the commands have said."""

    def __init__(
        self, folder: Path, capsys: pytest.CaptureFixture[str], brokers: "Callable[..., Mosquitto]"
    ) -> None:
        self.folder = folder
        self.broker = brokers
        self._capsys = capsys

    def said(self, *words: str | Path) -> str:
        """Return what a command writes to standard error."""
        main([str(word) for word in words])
        return self._capsys.readouterr().err

    def checked(self, tables: str, *options: str) -> str:
        """Return what ``edgenode check`` says of a configuration."""
        file = self.folder / "edgenode.toml"
        file.write_text(tables)
        return self.said("check", *options, file)

    def tried(self, name: str, content: bytes) -> str:
        """Return what ``edgenode try`` says of a recording."""
        file = self.folder / name
        file.write_bytes(content)
        plugin_ = "keyword-spotting" if name.endswith(".wav") else "image-classification"
        model = "starter-keyword" if name.endswith(".wav") else "starter-digits"
        return self.said("try", plugin_, "--model", model, file)

    def trouble(self, url: str, node: str = "n1", **settings: str) -> str:
        """Return why a client is not connected."""
        client = Client(Mqtt(url=url, **settings), node, Handler())
        client.start()
        try:
            until(lambda: "broker '" in client.reason)
            return client.reason
        finally:
            client.stop()


Say: TypeAlias = Callable[[Desk], str]


def people(more: str) -> str:
    """Return a configuration with one plugin."""
    return (
        '[sources.front]\nuse = "camera"\n[plugins.people]\nuse = "object-detection"\n'
        f'source = "front"\n{more}'
    )


def utf_16(desk: Desk) -> str:
    file = desk.folder / "edgenode.toml"
    file.write_bytes("[node]\n".encode("utf-16"))
    return desk.said("check", file)


def self_signed(desk: Desk) -> str:
    authority = Authority(desk.folder)
    tls = f"certfile {authority.file}\nkeyfile {authority.file.removesuffix('.pem')}.key"
    return desk.trouble(desk.broker("allow_anonymous true", tls).url)


def not_valid_yet(desk: Desk) -> str:
    authority = Authority(desk.folder)
    certificate, key = authority.sign("early", FUTURE)
    url = desk.broker("allow_anonymous true", f"certfile {certificate}\nkeyfile {key}").url
    return desk.trouble(url, ca_file=str(authority.file))


def one_id_twice(desk: Desk) -> str:
    url = desk.broker("allow_anonymous true").url
    both = [Client(Mqtt(url=url), "dock-1", Handler()) for _ in range(2)]
    for client in both:
        client.start()
    try:
        said: list[str] = []
        until(lambda: said.append(both[0].reason) or "soon" in said[-1], 20)
        return said[-1]
    finally:
        for client in both:
            client.stop()


def long_label(_: Desk) -> str:
    with pytest.raises(ModelError) as caught:
        labels.read(b"ok\n" + b"x" * 70, "labels.txt")
    return str(caught.value)


def logits(_: Desk) -> str:
    spec = plugin.TensorSpec(name="out", shape=(1, 4), dtype="float32")
    picture = plugin.TensorSpec(name="in", shape=(1, 2, 2, 3), dtype="uint8")
    model = plugin.Model(
        id="own-model", labels=("a", "b", "c", "d"), input=picture, outputs=(spec,)
    )
    one = ImageClassification(ClassificationOptions(source="front", model="own-model"), model)
    frame = plugin.Frame(pixels=np.zeros((2, 2, 3), np.uint8), captured_at=0.0)
    with pytest.raises(ModelError) as caught:
        one.decode([np.array([[2.1, -3.0, 15.5, 0.2]], np.float32)], frame)
    return str(caught.value)


def crash(desk: Desk) -> str:
    own_model(desk.folder, CRASHES, task="image-classification", shape=[1, 8])
    picture = desk.folder / "any.png"
    return desk.said(
        "try", "image-classification", "--folder", desk.folder, "--model", "own-model", picture
    )


def bad_packet(desk: Desk) -> str:
    file = desk.folder / "a.mp4"
    file.write_bytes(films.film(films.shades(10)))
    films.with_bad_packet(file, 4)
    return desk.tried("a.mp4", file.read_bytes())


def second_uplink(desk: Desk) -> str:
    path = desk.folder / "handover.sock"
    first = Listener(path)
    first.open()
    try:
        with pytest.raises(ConfigError) as caught:
            Listener(path).open()
        return str(caught.value)
    finally:
        first.close()


def strange_store(desk: Desk) -> str:
    store = desk.folder / "store"
    store.mkdir()
    os.chown(store, STRANGER, STRANGER)
    return desk.said("models", "pull", "mobilenet-v1-025-128", "--store", store)


WITHOUT_NAME = '[mqtt]\npassword_file = "secret"\n'
GONE = '[sources.front]\nuse = "replay"\npath = "gone.mp4"\n'
SAID: dict[str, Say] = {
    "unknown key": lambda desk: desk.checked("[outbox]\nmesages = 5\n"),
    "remove the quotes": lambda desk: desk.checked(people('rate_hz = "5"\nmodel = "x"\n')),
    "UTF-16": utf_16,
    "needs username": lambda desk: desk.checked(WITHOUT_NAME),
    "no such file": lambda desk: desk.checked(GONE),
    "connection refused": lambda desk: desk.trouble("mqtt://127.0.0.1:1"),
    "not authorized": lambda desk: desk.trouble(desk.broker("allow_anonymous false").url),
    "signed by itself": self_signed,
    "not valid yet": not_valid_yet,
    "soon after it had let us in": one_id_twice,
    "is not pulled": lambda desk: desk.said(
        *("try", "image-classification", "--model", "mobilenet-v1-025-128"),
        *("--store", desk.folder, "any.png"),
    ),
    "a label has at most 64": long_label,
    "as a score": logits,
    "crashes": crash,
    "is for pose-estimation": lambda desk: desk.said(
        "try", "image-classification", "--model", "movenet-lightning", "any.png"
    ),
    "Invalid data found": lambda desk: desk.tried("a.mp4", b"no film at all, but long enough"),
    "could not be decoded": bad_packet,
    "its header tells of": lambda desk: desk.tried("a.wav", wav(bytes(6400), Header(size=9000))),
    "there is no sound in it": lambda desk: desk.tried("a.wav", wav(b"")),
    "is not compiled": lambda desk: desk.checked(
        people('model = "coco-ssd-mobilenet-v1"\ndevice = "edgetpu"\n'), "--models"
    ),
    "another uplink listens": second_uplink,
    "is not safe to write": strange_store,
}
"""What makes edgenode say each message, by a part of it."""


@pytest.fixture
def desk(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], mosquitto: "Callable[..., Mosquitto]"
) -> Desk:
    return Desk(tmp_path, capsys, mosquitto)


def test_each_message_of_the_page_is_tried_and_no_other() -> None:
    messages = blocks(PAGE, "text")

    found = [[part for part in SAID if part in message] for message in messages]

    assert found == [[part] for part in SAID]


@pytest.mark.parametrize("part", SAID)
def test_a_message_of_the_page_is_what_edgenode_says(part: str, desk: Desk) -> None:
    if part == "is not safe to write" and os.getuid() != 0:
        pytest.skip("only root can give a folder to another user")
    (message,) = [one.strip() for one in blocks(PAGE, "text") if part in one]
    pattern = ".*".join(map(re.escape, message.split("…")))

    said = SAID[part](desk)

    assert re.search(pattern, said), f"the page says\n{message}\nedgenode says\n{said}"
