import logging
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from edgenode.demo.broker import Broker
from edgenode.errors import BrokerError

if TYPE_CHECKING:
    from tests.brokers import Consumer


def test_what_one_client_publishes_another_hears(
    publish: Callable[..., None], consumer: Callable[..., "Consumer"]
) -> None:
    with Broker() as broker:
        heard = consumer(broker.url, "a/+", protocol="3.1.1")
        publish(broker.url, "a/b", b"c")

        (message,) = heard.wait_for_topic("a/b")

    assert message.payload == b"c"


def test_it_ends_and_leaves_no_thread_and_no_word(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)

    with Broker():
        during = {thread.name for thread in threading.enumerate()}

    assert "broker" in during
    assert "broker" not in {thread.name for thread in threading.enumerate()}
    assert not [record for record in caplog.records if record.name.startswith("amqtt")]
    assert capfd.readouterr() == ("", "")


def test_it_ends_even_while_a_client_is_there(
    publish: Callable[..., None], consumer: Callable[..., "Consumer"]
) -> None:
    with Broker() as broker:
        consumer(broker.url, "a/+", protocol="3.1.1")
        publish(broker.url, "a/b", b"c")

    assert "broker" not in {thread.name for thread in threading.enumerate()}


def test_two_do_not_meet() -> None:
    with Broker() as one, Broker() as other:
        assert one.url != other.url


def test_without_amqtt_the_cure_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "amqtt.broker", None)

    with pytest.raises(BrokerError, match=r"pip install 'edgenode\[demo\]', or give --url"):
        Broker().__enter__()
