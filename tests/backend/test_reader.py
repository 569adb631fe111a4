import msgspec

from edgenode.backend.reader import Reader
from edgenode.messages import Birth, Event, Hardware, ModelMeta, PluginMeta
from edgenode.messages.compact import ClassIds, pack

RUN = "0123456789ab"
EVENT = Event(v=1, ts=1, run=RUN, seq=1, type="keyword", label="yes", score=0.9)
PACKED = pack(EVENT, ClassIds("kws", ("no", "yes")))


def meta(node: str, *labels: str) -> bytes:
    birth = Birth(
        node=node,
        run=RUN,
        ts=1,
        sw="0.1.0",
        hw=Hardware(model="a board", machine="aarch64", cores=4, memory_mb=2048),
        models=(ModelMeta(id="kws", sha256="0" * 64, labels=labels),),
        plugins=(PluginMeta(id="words", use="keyword-spotting", model="kws"),),
    )
    return msgspec.json.encode(birth)


def read(reader: Reader, node: str, payload: bytes = PACKED) -> str:
    event = reader.read(node, "event", "words", payload)
    assert isinstance(event, Event)
    return event.label


def test_class_ids_are_read_with_the_last_meta_of_their_own_node() -> None:
    reader = Reader()
    reader.read("n1", "meta", "", meta("n1", "no", "yes"))
    reader.read("n2", "meta", "", meta("n2", "up", "down"))

    assert (read(reader, "n1"), read(reader, "n2"), read(reader, "n3")) == ("yes", "down", "#1")

    reader.read("n1", "meta", "", meta("n1", "left", "right"))
    assert read(reader, "n1") == "right"


def test_json_is_read_without_any_meta() -> None:
    assert read(Reader(), "n1", msgspec.json.encode(EVENT)) == "yes"


def test_the_class_ids_of_the_node_born_longest_ago_are_forgotten() -> None:
    reader = Reader(most=2)

    for node in ("n1", "n2", "n1", "n3"):
        reader.read(node, "meta", "", meta(node, "no", "yes"))

    assert [read(reader, node) for node in ("n1", "n2", "n3")] == ["yes", "#1", "yes"]
