"""What the live table looks like, on a screen that is a string."""

import sys
from io import StringIO

import pytest
from rich.console import Console

from edgenode.backend.arrivals import Arrival
from edgenode.backend.board import Board
from edgenode.backend.payloads import decode
from edgenode.cli._table import Screen, render
from edgenode.errors import EdgenodeError

RUN = b'"run":"000000000000"'
ONLINE = b'{"v":1,"state":"online","reason":"boot",%s,"conn":1,"ts":1}' % RUN
OFFLINE = b'{"v":1,"state":"offline","reason":"lost",%s,"conn":1,"ts":1}' % RUN
RESULT = (
    b'{"v":1,"ts":1,%s,"seq":1,"ms":9.0,"model":"ssd","counts":{"cat":1},'
    b'"objects":[{"label":"cat","score":0.81,"box":[0,0,1,1]}]}' % RUN
)
STATE = b'{"v":1,"ts":1,"counts":{"cat":1},"fate":"running"}'
FAULT = b'{"v":1,"ts":1,"counts":{},"fate":"model-error","error":"no model \'x\'; pull it"}'
HEALTH = (
    b'{"v":1,"ts":1,%s,"up_s":1,"clock":"synced","plugins":{"front":{"fps":4.5,"p50_ms":90.25}},'
    b'"outbox":{},"mqtt":{},"ingress":{"bytes":23400000},"egress":{"bytes":9600}}' % RUN
)
KEYWORD = b'{"v":1,"ts":1,%s,"seq":2,"type":"keyword","label":"yes","score":0.9}' % RUN


def board(*messages: tuple[str, bytes]) -> Board:
    made = Board()
    for place, payload in messages:
        node, kind, plugin = (*place.split("/"), "")[:3]
        made.add(
            Arrival(
                topic=f"edgenode/v1/{place}",
                node=node,
                kind=kind,
                plugin=plugin,
                message=decode(kind, payload),
                payload=payload,
            )
        )
    return made


def drawn(of: Board, width: int = 100, trouble: str = "", height: int = 50) -> list[str]:
    screen = StringIO()
    title = "the title\nthe second line"
    Console(file=screen, width=width).print(render(of, title, trouble, (width, height)))
    return [line.rstrip() for line in screen.getvalue().splitlines()]


def test_a_node_and_its_plugins_have_a_row_each() -> None:
    lines = drawn(
        board(
            ("n1/status", ONLINE),
            ("n1/state/front", STATE),
            ("n1/result/front", RESULT),
            ("n1/health", HEALTH),
        )
    )

    assert lines[:2] == ["the title", "the second line"]
    rows = [line.split() for line in lines]
    total = len(ONLINE + STATE + RESULT + HEALTH)
    assert ["n1", "online", "boot", "4", str(total), "B"] in rows
    size = str(len(STATE + RESULT))
    front = ["front", "running", "4.5", "90.2", "cat", "0.81", "0", "s", "1", "cat", "2", size, "B"]
    assert front in rows
    assert "23.4 MB of pictures and sound seen, 9.6 kB published" in lines


def test_it_fits_eighty_columns() -> None:
    lines = drawn(board(("n1/status", ONLINE), ("n1/result/front", RESULT)), width=80)

    (heading,) = [line for line in lines if "last finding" in line]
    assert heading.endswith("bytes")
    assert "…" not in "".join(lines)


def site(nodes: int) -> Board:
    """Return a board of so many nodes with two plugins each, the first of which has gone."""
    messages = []
    for number in range(nodes):
        name = f"raspberrypi-4f2a1{number}"
        messages += [
            (f"{name}/status", ONLINE),
            (f"{name}/state/front-door-people", STATE),
            (f"{name}/result/front-door-people", RESULT.replace(b'"cat"', b'"traffic light"')),
            (f"{name}/state/words", STATE),
            (f"{name}/event/words", KEYWORD),
        ]
    return board(*messages, ("raspberrypi-4f2a10/status", OFFLINE))


def test_names_and_findings_stay_whole_where_the_terminal_is_narrow() -> None:
    lines = drawn(site(2), width=80)

    rows = [line.split() for line in lines]
    assert ["node", "state", "fps", "p50", "ms", "last", "finding", "ago", "now"] in rows
    assert any(line.startswith("   front-door-people  running ") for line in lines)
    assert "traffic light 0.81" in "".join(lines)
    assert max(map(len, lines)) <= 80


def test_the_plugins_of_a_node_that_is_gone_do_not_run() -> None:
    lines = drawn(site(2))

    gone = lines.index(next(line for line in lines if "offline  " in line))
    assert [line.split()[:2] for line in lines[gone + 1 : gone + 3]] == [
        ["front-door-people", "2"],
        ["words", "2"],
    ]


def test_six_nodes_leave_the_last_events_on_a_small_screen() -> None:
    lines = drawn(site(6), width=80, height=24)

    assert len(lines) <= 24
    assert lines[-1].endswith("raspberrypi-4f2a10 status: offline (lost)")
    assert sum(" status: " in line or " event: " in line for line in lines) == 8
    assert sum(line.startswith(" raspberrypi-") for line in lines) == 6
    assert sum("2 running" in line for line in lines) == 4


def test_of_more_nodes_than_lines_the_others_are_counted() -> None:
    lines = drawn(site(30), width=80, height=24)

    assert len(lines) <= 24
    assert any(line.endswith("and 21 nodes more") for line in lines)


def test_of_many_faults_the_others_are_counted() -> None:
    made = board(*((f"n{number}/state/front", FAULT) for number in range(9)))

    lines = drawn(made)

    assert sum(line.endswith("front: no model 'x'; pull it") for line in lines) >= 4
    assert "and 5 faults more" in lines


def test_before_health_comes_the_figures_are_estimated() -> None:
    made = board(*[("n1/result/front", RESULT)] * 3)
    made.nodes["n1"].plugins["front"].heard.clear()
    made.nodes["n1"].plugins["front"].heard.extend([10.0, 10.5, 11.0])

    (row,) = (line.split() for line in drawn(made) if "front" in line)

    assert row[1:3] == ["~2.0", "~9.0"]


def test_news_and_faults_stand_below() -> None:
    lines = drawn(
        board(("n1/status", ONLINE), ("n1/event/words", KEYWORD), ("n1/state/front", FAULT))
    )

    assert any(line.endswith(" n1/words event: keyword yes 0.90") for line in lines)
    assert "n1/front: no model 'x'; pull it" in lines
    assert any(
        line.endswith("n1/front state: model-error: no model 'x'; pull it") for line in lines
    )


def test_a_node_that_is_lost_is_shown_as_such() -> None:
    lines = drawn(board(("n1/status", ONLINE), ("n1/status", OFFLINE)))

    assert any(line.split()[:3] == ["n1", "offline", "lost"] for line in lines)


def test_before_anything_arrives_it_says_so_and_trouble_too() -> None:
    lines = drawn(Board(), trouble="broker 'x' lost")

    assert lines == [
        "the title",
        "the second line",
        "broker 'x' lost",
        "",
        "nothing has arrived yet",
    ]


def test_the_last_drawing_stays_on_the_screen() -> None:
    terminal = StringIO()
    console = Console(file=terminal, width=100, force_terminal=True)

    with Screen("the title", console) as screen:
        screen.draw(Board(), "")
        screen.draw(board(("n1/status", ONLINE)), "")

    assert "online" in terminal.getvalue().rpartition("the title")[2]


def test_without_rich_the_cure_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rich.console", None)

    with pytest.raises(EdgenodeError, match=r"pip install 'edgenode\[demo\]', or use --json"):
        Screen("the title")
