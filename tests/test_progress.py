from edgenode.progress import Progress, Watch


def test_a_thread_that_has_not_advanced_since_the_last_look_is_stuck() -> None:
    busy, idle = Progress(), Progress()
    watch = Watch()
    watch.mark([busy, idle])

    busy.advance()

    assert watch.stuck([busy, idle]) == [idle]


def test_a_thread_never_looked_at_before_is_not_stuck() -> None:
    watch = Watch()

    assert watch.stuck([Progress()]) == []


def test_a_thread_that_is_done_is_not_stuck() -> None:
    finished = Progress()
    watch = Watch()
    watch.mark([finished])

    finished.done = True

    assert watch.stuck([finished]) == []
