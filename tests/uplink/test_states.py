"""States and meta on the board of retained messages."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from edgenode.handover.protocol import PluginSnapshot, ResultRecord, SenseSnapshot
from edgenode.uplink.retained import RetainedBoard
from edgenode.uplink.states import MOST_PLUGINS, States
from edgenode.uplink.topics import Topics

Make = Callable[..., ResultRecord]
TOPICS = Topics("e", "n1")


class Clock:
    """Time that goes when it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def board() -> RetainedBoard:
    return RetainedBoard()


@pytest.fixture
def states(board: RetainedBoard) -> States:
    return States(board, TOPICS)


def published(board: RetainedBoard, *, fresh: bool = True) -> dict[str, dict[str, object]]:
    """Publish all that is due, and acknowledge it as the broker would."""
    found = {}
    for topic in board.due(fresh=fresh):
        payload = board.take(topic)[0].payload
        board.acknowledged(topic)
        found[topic.rpartition("/")[2]] = json.loads(payload) if payload else {}
    return found


def test_a_state_is_due_when_it_changes_and_only_then(
    clock: Clock, board: RetainedBoard, states: States, finding: Make
) -> None:
    states.result(finding())

    assert published(board)["people"]["counts"] == {"person": 1}

    clock.now += 5
    states.result(finding())
    assert published(board) == {}


def test_at_most_one_a_second_and_the_latest_always(
    clock: Clock, board: RetainedBoard, states: States, finding: Make
) -> None:
    states.result(finding())
    published(board)

    states.snapshot(
        SenseSnapshot(plugins={"people": PluginSnapshot(fate="device-error", error="gone")})
    )
    clock.now += 0.9
    assert published(board) == {}
    states.snapshot(SenseSnapshot(plugins={"people": PluginSnapshot(fate="running")}))
    clock.now += 0.2

    state = published(board)["people"]
    assert (state["fate"], state.get("error"), state["counts"]) == ("running", None, {"person": 1})


def test_an_unchanged_state_is_repeated_before_it_expires_while_sense_is_there(
    clock: Clock, board: RetainedBoard, states: States, finding: Make
) -> None:
    states.result(finding())
    published(board)

    clock.now += 241

    assert published(board, fresh=False) == {}
    assert published(board)["people"]["counts"] == {"person": 1}
    assert published(board) == {}


def test_all_states_are_due_again_for_a_broker_that_may_have_forgotten(
    clock: Clock, board: RetainedBoard, states: States, finding: Make
) -> None:
    states.result(finding())
    states.result(finding(plugin="cats"))
    published(board)
    clock.now += 0.1

    board.connected(kept=True)

    assert published(board).keys() == {"people", "cats"}


def test_what_the_broker_has_kept_with_the_session_is_not_published_again(
    clock: Clock, board: RetainedBoard
) -> None:
    board.set("e/n1/meta", b"{}")
    published(board)
    board.set("e/n1/other", b"{}")
    board.take("e/n1/other")

    board.connected(kept=True)
    unacknowledged = board.due(fresh=True)
    board.connected(kept=False)

    assert unacknowledged == ["e/n1/other"]
    assert board.due(fresh=True) == ["e/n1/meta", "e/n1/other"]
    assert clock.now == 1000.0


def test_a_plugin_that_is_gone_has_its_state_taken_back(
    clock: Clock, board: RetainedBoard, states: States, finding: Make
) -> None:
    states.result(finding())
    states.result(finding(plugin="cats"))
    published(board)

    board.keep_only([TOPICS.meta, TOPICS.state("people")])
    deleted = published(board)
    clock.now += 300

    assert deleted == {"cats": {}}
    assert published(board).keys() == {"people"}


def test_a_plugin_that_was_renamed_while_the_node_was_off_leaves_nothing_behind(
    tmp_path: Path, finding: Make
) -> None:
    file = tmp_path / "state" / "retained.json"
    before = RetainedBoard(file)
    States(before, TOPICS).result(finding(plugin="old"))
    published(before)

    after = RetainedBoard(file)
    States(after, TOPICS).result(finding(plugin="new"))
    after.keep_only([TOPICS.meta, TOPICS.state("new")])
    first = published(after)
    again = RetainedBoard(file)
    again.keep_only([TOPICS.meta, TOPICS.state("new")])

    assert first["old"] == {}
    assert first["new"]["counts"] == {"person": 1}
    assert published(again) == {}


def test_nothing_is_taken_back_before_it_is_known_what_there_is(
    tmp_path: Path, finding: Make
) -> None:
    file = tmp_path / "retained.json"
    before = RetainedBoard(file)
    States(before, TOPICS).result(finding())
    published(before)

    assert published(RetainedBoard(file)) == {}


@pytest.mark.parametrize("content", [b"", b"not JSON", b"[1]", b"{}"])
def test_a_damaged_memory_of_topics_is_logged_and_no_reason_not_to_start(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "retained.json"
    file.write_bytes(content)

    board = RetainedBoard(file)
    board.set("e/n1/meta", b"{}")

    assert published(board) == {"meta": {}}
    assert "topics of earlier starts are not deleted" in caplog.text


def test_a_folder_that_cannot_be_is_logged_once_and_no_reason_not_to_go_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    board = RetainedBoard(tmp_path / "file" / "retained.json")

    for topic in ("a", "b", "c"):
        board.set(topic, b"{}")

    assert published(board).keys() == {"a", "b", "c"}
    assert caplog.text.count("are not remembered") == 1


def test_a_topic_the_broker_never_takes_is_not_published_any_more(board: RetainedBoard) -> None:
    board.set("e/n1/meta", b"{}")

    board.refused("e/n1/meta")
    board.set("e/n1/meta", b"[]")

    assert published(board) == {}


def test_the_memory_is_bounded_and_what_does_not_fit_is_told_once(
    board: RetainedBoard, states: States, finding: Make, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(MOST_PLUGINS + 10):
        states.result(finding(plugin=f"p{number}"))

    assert len(published(board)) == MOST_PLUGINS
    (told,) = caplog.messages
    assert told.startswith(f"no states are published of plugin 'p{MOST_PLUGINS}' and further ones")


def test_the_last_state_of_a_sense_that_is_gone_is_not_held_back(
    board: RetainedBoard, states: States
) -> None:
    states.snapshot(SenseSnapshot(plugins={"people": PluginSnapshot(fate="running")}))
    published(board)

    states.snapshot(SenseSnapshot(plugins={"people": PluginSnapshot(fate="finished")}))

    assert published(board) == {}
    assert published(board, fresh=False)["people"]["fate"] == "finished"


def test_a_plugin_that_is_gone_stays_gone_when_its_last_results_arrive(
    board: RetainedBoard, states: States, finding: Make
) -> None:
    states.declare(["people"])

    states.result(finding(plugin="cats"))
    states.result(finding())

    assert published(board).keys() == {"people"}


def test_a_result_that_is_faster_than_the_inventory_counts_once_that_is_there(
    board: RetainedBoard, states: States, finding: Make
) -> None:
    states.declare(["people"])
    states.result(finding(plugin="cats"))

    states.declare(["people", "cats"])

    assert published(board)["cats"]["counts"] == {"person": 1}


def test_a_topic_is_forgotten_only_when_its_deletion_was_acknowledged(
    board: RetainedBoard,
) -> None:
    board.set("e/n1/state/cats", b"{}", expires=True)
    board.take("e/n1/state/cats")
    board.keep_only([])
    board.take("e/n1/state/cats")

    board.acknowledged("e/n1/state/cats")
    board.connected(kept=True)

    assert board.due(fresh=True) == ["e/n1/state/cats"]
    assert board.take("e/n1/state/cats")[0].payload == b""
