import pytest

from edgenode.errors import BrokerError
from edgenode.mqtt import endpoint
from edgenode.mqtt.endpoint import Endpoint


@pytest.mark.parametrize(
    ("url", "where"),
    [
        ("mqtt://broker", Endpoint("broker", 1883, tls=False)),
        ("mqtts://broker.example", Endpoint("broker.example", 8883, tls=True)),
        ("mqtt://10.0.0.7:2883/", Endpoint("10.0.0.7", 2883, tls=False)),
        ("mqtts://[fe80::1]:8884", Endpoint("fe80::1", 8884, tls=True)),
    ],
)
def test_a_url_says_where_the_broker_is(url: str, where: Endpoint) -> None:
    assert endpoint.parse(url) == where


@pytest.mark.parametrize(
    "url",
    ["", "broker", "http://broker", "mqtt://", "mqtt://broker:99999", "mqtt://broker:x",
     "mqtt://broker/topic", "mqtt://broker?x=1", "mqtt://[::1"],
)  # fmt: skip
def test_anything_else_is_named_with_the_cure(url: str) -> None:
    with pytest.raises(BrokerError, match="mqtt://HOST"):
        endpoint.parse(url)


def test_a_password_in_the_url_is_refused_and_not_repeated() -> None:
    with pytest.raises(BrokerError, match="password_file") as caught:
        endpoint.parse("mqtt://anna:secret@broker")

    assert "secret" not in str(caught.value)


def test_an_address_is_named_as_it_would_be_written() -> None:
    assert str(Endpoint("broker", 1883, tls=False)) == "mqtt://broker:1883"
    assert str(Endpoint("::1", 8883, tls=True)) == "mqtts://[::1]:8883"


@pytest.mark.parametrize(
    ("host", "local"),
    [("localhost", True), ("127.0.0.1", True), ("::1", True), ("10.0.0.7", False), ("b", False)],
)
def test_this_machine_is_known(host: str, local: bool) -> None:  # noqa: FBT001
    assert Endpoint(host, 1883, tls=False).local is local
