import pickle
from datetime import UTC, datetime

import pytest

from edgenode.backend.arrivals import Arrival
from edgenode.demo.scenario import MODEL_SETS
from edgenode.demo.scorer import REMEMBERED_FINDINGS, Scorer
from edgenode.demo.truth import HeardWord, Moment, SeenObject, Truth
from edgenode.messages import Event, Object, PoseMessage, ResultMessage, State
from edgenode.values import KEYPOINTS

BEGAN_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
BEGAN_MS = round(BEGAN_AT.timestamp() * 1000)
RUN = "0" * 12
PLACES = (0.1, 0.5)
TRUTH = Truth(
    fps=10.0,
    width=320,
    height=240,
    frames=tuple(Moment((SeenObject("ball", x, 0.1, x + 0.2, 0.4, 1.0),)) for x in PLACES * 20),
    words=(HeardWord("yes", 0.5, 0.9), HeardWord("no", 3.0, 3.4)),
)


@pytest.fixture
def scorer() -> Scorer:
    return Scorer(MODEL_SETS["starter"], TRUTH, BEGAN_AT)


def ball(x: float, played_ms: int, seq: int = 1) -> Arrival:
    """Return a result with a ball at *x*."""
    box = (x, 0.1, x + 0.2, 0.4)
    message = ResultMessage(
        v=1,
        ts=BEGAN_MS + played_ms,
        run=RUN,
        seq=seq,
        ms=1.0,
        model="m",
        counts={"ball": 1},
        objects=(Object(label="ball", score=0.9, box=box),),
    )
    return arrival("result", "objects", message)


def word(label: str, played_ms: int, seq: int = 1) -> Arrival:
    event = Event(
        v=1, ts=BEGAN_MS + played_ms, run=RUN, seq=seq, type="keyword", label=label, score=0.9
    )
    return arrival("event", "words", event)


def pose(played_ms: int, seq: int) -> Arrival:
    """Return a result with a pose, though nobody is there."""
    posed = PoseMessage(score=0.9, keypoints=((0.5, 0.5, 0.9),) * len(KEYPOINTS))
    message = ResultMessage(
        v=1, ts=BEGAN_MS + played_ms, run=RUN, seq=seq, ms=1.0, model="m", counts={}, poses=(posed,)
    )
    return arrival("result", "posture", message)


def arrival(kind: str, plugin: str, message: ResultMessage | Event | State) -> Arrival:
    topic = f"edgenode/v1/demo/{kind}/{plugin}"
    return Arrival(
        topic=topic, node="demo", kind=kind, plugin=plugin, message=message, payload=b"{}"
    )


def test_a_finding_is_compared_with_the_frame_its_own_time_tells(scorer: Scorer) -> None:
    for number, x in enumerate((*PLACES, *PLACES)):
        scorer.add(ball(x, played_ms=100 * number, seq=number + 1))

    assert scorer.scores(to_the_end=False)["objects"].hits == 4


def test_a_finding_of_the_frame_before_is_wrong(scorer: Scorer) -> None:
    scorer.add(ball(PLACES[0], played_ms=100))

    score = scorer.scores(to_the_end=False)["objects"]
    assert (score.hits, score.wrong, score.missed) == (0, 1, 1)


def test_a_frame_of_a_later_round_is_the_same_frame(scorer: Scorer) -> None:
    scorer.add(ball(PLACES[1], played_ms=2 * 4000 + 100))

    assert scorer.scores(to_the_end=False)["objects"].hits == 1


def test_what_arrives_twice_counts_once(scorer: Scorer) -> None:
    for _ in range(2):
        scorer.add(ball(PLACES[0], played_ms=0))
        scorer.add(word("yes", 800, seq=2))

    scores = scorer.scores(to_the_end=False)
    assert scores["objects"].compared == 1
    assert (scores["words"].hits, scores["words"].wrong) == (1, 0)


def test_a_word_must_have_been_heard_when_the_clip_was_played_on(scorer: Scorer) -> None:
    scorer.add(ball(PLACES[0], played_ms=3000))

    words = scorer.scores(to_the_end=False)["words"]
    assert (words.missed, words.compared) == (1, 1)


def test_of_a_clip_played_to_its_end_every_word_must_have_been_heard(scorer: Scorer) -> None:
    scorer.add(ball(PLACES[0], played_ms=3800))

    assert scorer.scores(to_the_end=False)["words"].missed == 1
    assert scorer.scores(to_the_end=True)["words"].missed == 2


def test_what_is_no_finding_of_a_plugin_counts_for_nothing(scorer: Scorer) -> None:
    state = State(v=1, ts=BEGAN_MS, counts={}, fate="running")
    scorer.add(arrival("state", "objects", state))
    scorer.add(arrival("result", "stranger", ball(PLACES[0], 0).message))

    assert {score.compared for score in scorer.scores(to_the_end=False).values()} == {0}


def test_a_plugin_without_a_word_has_its_score_too(scorer: Scorer) -> None:
    scores = scorer.scores(to_the_end=True)

    assert scores.keys() == {"objects", "posture", "words"}
    assert (scores["words"].recall, scores["objects"].recall) == (0.0, None)


def test_of_what_was_heard_long_ago_nothing_is_kept_but_counts(scorer: Scorer) -> None:
    rounds = 4 * REMEMBERED_FINDINGS
    sizes = []

    for number in range(rounds):
        played_ms, seq = 4000 * number, 3 * number
        scorer.add(ball(PLACES[0], played_ms, seq))
        scorer.add(pose(played_ms, seq + 1))
        scorer.add(word("yes", played_ms + 800, seq + 2))
        if number % 100 == 0:
            sizes.append(len(pickle.dumps(scorer)))

    assert max(sizes) <= 1.05 * sizes[len(sizes) // 2]
    scores = scorer.scores(to_the_end=False)
    assert (scores["objects"].hits, scores["words"].hits) == (rounds, rounds)
    assert (scores["posture"].wrong, scores["words"].missed) == (rounds, rounds - 1)
