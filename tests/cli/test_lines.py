import json

import msgspec
import pytest

from edgenode.backend.arrivals import Arrival
from edgenode.backend.payloads import decode
from edgenode.cli._lines import amounts, line, size, verbatim
from edgenode.messages import Event
from edgenode.messages.compact import NO_IDS, pack

SAID = {
    ("status", '{"v":1,"state":"offline","reason":"lost","run":"%s","conn":1,"ts":1}'): (
        "n1 status: offline (lost)"
    ),
    (
        "meta",
        (
            '{"v":1,"node":"n1","run":"%s","ts":1,"sw":"0.1.0","plugins":[{"id":"p","use":"x"}],'
            '"hw":{"model":"a board","machine":"aarch64","cores":4,"memory_mb":1}}'
        ),
    ): "n1 meta: edgenode 0.1.0 on a board, plugins p",
    (
        "result/p",
        (
            '{"v":1,"ts":1,"run":"%s","seq":1,"ms":9,"model":"m","counts":{},"areas":{"sky":0.25},'
            '"late":true}'
        ),
    ): "n1/p result: sky 0.25 (late)",
    ("result/p", '{"v":1,"ts":1,"run":"%s","seq":1,"ms":9,"model":"m","counts":{}}'): (
        "n1/p result: nothing"
    ),
    (
        "event/p",
        '{"v":1,"ts":1,"run":"%s","seq":1,"type":"keyword","label":"yes","score":0.9}',
    ): "n1/p event: keyword yes 0.90",
    (
        "event/_outbox",
        (
            '{"v":1,"ts":1,"run":"%s","seq":9,"type":"dropped","reason":"expired",'
            '"of":"000000000000","ranges":[[1,3],[5,5]]}'
        ),
    ): "n1/_outbox event: 4 results or events were dropped (expired)",
    ("state/p", '{"v":1,"ts":1,"counts":{"cat":1,"dog":2},"fate":"running"}'): (
        "n1/p state: running; 2 dog, 1 cat"
    ),
    ("state/p", '{"v":1,"ts":1,"counts":{},"fate":"failed","error":"why; cure"}'): (
        "n1/p state: failed: why; cure"
    ),
    (
        "health",
        (
            '{"v":1,"ts":1,"run":"%s","up_s":1,"clock":"synced","plugins":{"p":{"fps":4.5}},'
            '"outbox":{},"mqtt":{},"ingress":{"bytes":2500},"egress":{"bytes":12}}'
        ),
    ): "n1 health: p 4.5 fps, seen 2.5 kB, published 12 B",
}


def arrival(place: str, payload: bytes) -> Arrival:
    kind, _, plugin = place.partition("/")
    return Arrival(
        topic=f"edgenode/v1/n1/{place}",
        node="n1",
        kind=kind,
        plugin=plugin,
        message=decode(place if plugin == "_outbox" else kind, payload),
        payload=payload,
    )


@pytest.mark.parametrize(("said", "expected"), SAID.items())
def test_each_message_is_one_line_of_words(said: tuple[str, str], expected: str) -> None:
    place, payload = said

    text = line(arrival(place, payload.replace("%s", "0" * 12).encode()))

    assert text == expected


def test_of_many_findings_the_first_are_spelt_out() -> None:
    areas = ",".join(f'"l{number}":0.5' for number in range(7))
    head = '{"v":1,"ts":1,"run":"000000000000","seq":1,"ms":9,"model":"m","counts":{},'

    text = line(arrival("result/p", f'{head}"areas":{{{areas}}}}}'.encode()))

    assert text.endswith("l3 0.50, l4 0.50 and 2 more")


def test_verbatim_the_payload_stands_as_it_came() -> None:
    payload = b'{"v":1, "ts":1,"counts":{},"fate":"running","new":1.50}'

    text = verbatim(arrival("state/p", payload))

    assert text == f'{{"topic":"edgenode/v1/n1/state/p","payload":{payload.decode()}}}'


def test_verbatim_a_packed_payload_is_the_json_it_stands_for() -> None:
    event = Event(v=1, ts=1, run="0" * 12, seq=1, type="keyword", label="yes", score=0.9)

    text = verbatim(arrival("event/p", pack(event, NO_IDS)))

    assert text.endswith(f'"payload":{msgspec.json.encode(event).decode()}}}')


def test_verbatim_is_one_line_even_of_a_payload_that_is_not() -> None:
    text = verbatim(arrival("state/p", b'{"v":1,\n"ts":1,"counts":{},\n"fate":"running"}'))

    assert text.endswith('"payload":{"v":1,"ts":1,"counts":{},"fate":"running"}}')


def test_verbatim_what_moves_a_cursor_is_escaped_and_the_value_is_the_same() -> None:
    payload = '{"v":1,\r\n\t"ts":1,"counts":{},"fate":"running","new":"\x9b2J\u2028\U000e0001"}'

    text = verbatim(arrival("state/p", payload.encode()))

    assert text.isprintable()
    assert json.loads(text)["payload"] == json.loads(payload)


def test_a_label_forges_no_line_and_moves_no_cursor() -> None:
    event = Event(
        v=1, ts=1, run="0" * 12, seq=1, type="enter", score=0.9,
        label="cat\n12:00:00 n2/door event: \x1b[2J\x9b1A\u202e",
    )  # fmt: skip

    text = line(arrival("event/p", msgspec.json.encode(event)))

    assert text == "n1/p event: enter cat\\n12:00:00 n2/door event: \\x1b[2J\\x9b1A\\u202e 0.90"


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (23_456_789, "23.5 MB"), (5e12, "5000.0 GB")],
)
def test_sizes_have_units(amount: float, text: str) -> None:
    assert size(amount) == text


def test_amounts_begin_with_the_most() -> None:
    assert amounts({"tv": 1, "person": 3}) == "3 person, 1 tv"
    assert amounts({}) == ""
