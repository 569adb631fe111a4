import pickle

import pytest

from edgenode.demo.score.keywords import LATEST_S, PENDING_REPORTS, KeywordScorer
from edgenode.demo.truth import HeardWord, Moment, Truth
from edgenode.messages import Event, ResultMessage

RUN = "0" * 12
YES = HeardWord("yes", 1.0, 1.5)
NO = HeardWord("no", 3.0, 3.5)
STOP = HeardWord("stop", 9.4, 9.8)
LASTS_S = 10.0


def heard(*reports: tuple[str, float], of: tuple[HeardWord, ...] = (YES, NO)) -> KeywordScorer:
    """Return the scorer of a clip of ten seconds, in which *reports* were made."""
    scorer = KeywordScorer(Truth(10.0, 320, 240, (Moment(),) * 100, of))
    for seq, (label, played_s) in enumerate(reports, 1):
        event = Event(v=1, ts=0, run=RUN, seq=seq, type="keyword", label=label, score=0.9)
        scorer.add(event, played_s)
    return scorer


def counts(scorer: KeywordScorer, played_s: float = LASTS_S) -> tuple[int, int, int]:
    """Return hits, wrong, missed."""
    score = scorer.score(played_s)
    return score.hits, score.wrong, score.missed


def test_each_word_once_and_no_other() -> None:
    scorer = heard(("yes", 1.4), ("no", 3.6))

    score = scorer.score(LASTS_S)

    assert (score.precision, score.recall, score.compared) == (1.0, 1.0, 2)
    assert score.keypoint_error is None


def test_one_is_missed_and_one_made_up() -> None:
    assert counts(heard(("yes", 1.4), ("go", 5.0))) == (1, 1, 1)


def test_another_word_at_the_right_time_is_wrong() -> None:
    assert counts(heard(("no", 1.4), ("no", 3.4))) == (1, 1, 1)


@pytest.mark.parametrize(
    ("played_s", "hits"), [(0.99, 0), (1.0, 1), (1.5 + LATEST_S, 1), (1.51 + LATEST_S, 0)]
)
def test_a_word_may_be_reported_from_its_beginning_to_a_second_after_its_end(
    played_s: float, hits: int
) -> None:
    assert counts(heard(("yes", played_s), of=(YES,))) == (hits, 1 - hits, 1 - hits)


def test_a_word_that_is_reported_twice_is_wrong_the_second_time() -> None:
    assert counts(heard(("yes", 1.4), ("yes", 1.6))) == (1, 1, 1)


def test_a_word_that_is_spoken_twice_must_be_reported_twice() -> None:
    twice = (YES, HeardWord("yes", 1.8, 2.2))

    assert counts(heard(("yes", 1.4), ("yes", 2.1), of=twice)) == (2, 0, 0)
    assert counts(heard(("yes", 2.1), of=twice)) == (1, 0, 1)


def test_the_order_in_which_reports_arrive_does_not_matter() -> None:
    twice = (YES, HeardWord("yes", 1.8, 2.2))

    assert counts(heard(("yes", 2.9), ("yes", 2.1), of=twice)) == (2, 0, 0)


def test_each_round_has_its_own_words() -> None:
    scorer = heard(("yes", 1.4), ("no", 3.4), ("yes", 11.4))

    assert counts(scorer, played_s=20.0) == (3, 0, 1)


def test_a_word_at_the_end_may_be_reported_in_the_next_round() -> None:
    scorer = heard(("yes", 1.4), ("stop", 10.3), of=(YES, STOP))

    assert counts(scorer, played_s=10.9) == (2, 0, 0)


@pytest.mark.parametrize(("played_s", "missed"), [(0.5, 0), (2.4, 0), (2.6, 1), (4.6, 2)])
def test_what_the_end_may_have_cut_off_is_not_missed(played_s: float, missed: int) -> None:
    assert counts(heard(), played_s) == (0, 0, missed)


def test_what_was_reported_before_the_end_cut_it_off_is_a_hit() -> None:
    score = heard(("yes", 1.4)).score(1.6)

    assert (score.hits, score.missed, score.compared, score.recall) == (1, 0, 1, 1.0)


def test_only_events_count() -> None:
    scorer = heard(("yes", 1.4), of=(YES,))
    scorer.add(ResultMessage(v=1, ts=0, run=RUN, seq=1, ms=1, model="m", counts={}), 2.0)

    assert counts(scorer) == (1, 0, 0)


def test_where_nothing_is_said_and_nothing_heard_there_is_no_rate() -> None:
    score = heard(of=()).score(LASTS_S)

    assert (score.precision, score.recall, score.compared) == (None, None, 0)


def test_of_thousands_of_rounds_no_more_is_kept_than_of_a_few() -> None:
    scorer = heard()
    rounds = 3_000
    sizes = []

    for seq in range(rounds):
        label = "yes" if seq % 3 else "go"
        event = Event(v=1, ts=0, run=RUN, seq=seq, type="keyword", label=label, score=0.9)
        scorer.add(event, seq * LASTS_S + 1.4)
        sizes.append(len(pickle.dumps(scorer)))

    assert max(sizes[rounds // 2 :]) <= 1.01 * max(sizes[: rounds // 2])
    assert counts(scorer, rounds * LASTS_S) == (2_000, 1_000, 4_000)


def test_the_score_may_be_asked_for_again_and_again() -> None:
    scorer = heard(
        *((label, 5.0) for label in ("go",) * PENDING_REPORTS), ("yes", 1.4), ("no", 3.4)
    )

    assert counts(scorer) == counts(scorer) == (2, PENDING_REPORTS, 0)
    assert counts(scorer, 25.0) == (2, PENDING_REPORTS, 4)
