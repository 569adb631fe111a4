import pytest

from edgenode.backend.wills import Wills
from edgenode.messages import Status


def online(run: str = "a", conn: int = 1) -> Status:
    return Status(state="online", reason="boot", run=run * 12, conn=conn, ts=1)


def will(run: str = "a", conn: int = 1) -> Status:
    return Status(state="offline", reason="lost", run=run * 12, conn=conn, ts=1)


def test_a_will_of_the_latest_connection_is_believed() -> None:
    known = Wills()

    believed = [not known.note("n1", status) for status in (online(conn=2), will(conn=2))]

    assert believed == [True, True]
    assert known.ignored == 0


@pytest.mark.parametrize("late", [will(conn=1), will(run="b", conn=7)])
def test_a_will_of_another_connection_or_run_is_not(late: Status) -> None:
    known = Wills()
    known.note("n1", online(conn=2))

    assert known.note("n1", late)
    assert known.ignored == 1


def test_a_will_is_believed_where_nothing_else_is_known() -> None:
    assert not Wills().note("n1", will())


def test_a_will_of_an_unknown_connection_is_believed() -> None:
    known = Wills()
    known.note("n1", online(conn=2))

    assert not known.note("n1", will(conn=3))


def test_nodes_do_not_mix() -> None:
    known = Wills()
    known.note("n1", online(run="a"))

    assert not known.note("n2", will(run="b"))


def test_the_node_with_the_oldest_status_is_forgotten() -> None:
    known = Wills(most=2)

    for node in ("n1", "n2", "n3"):
        known.note(node, online(run="a"))

    assert not known.note("n1", will(run="b"))
    assert known.note("n3", will(run="b"))
