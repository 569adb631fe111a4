import re

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
        ("mqtt://[fe80::1%eth0]", Endpoint("fe80::1%eth0", 1883, tls=False)),
        ("mqtt://[fe80::1%25eth0]:1", Endpoint("fe80::1%eth0", 1, tls=False)),
        ("ws://broker", Endpoint("broker", 80, tls=False, path="/mqtt")),
        ("wss://broker/", Endpoint("broker", 443, tls=True, path="/")),
        ("wss://[::1]:8081/a:b/c[d]", Endpoint("::1", 8081, tls=True, path="/a:b/c[d]")),
    ],
)
def test_a_url_says_where_the_broker_is(url: str, where: Endpoint) -> None:
    assert endpoint.parse(url) == where


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "is empty; write mqtt://HOST:PORT"),
        (" \t", "is empty"),
        ("broker", "has no mqtt:// before it"),
        ("broker:1883", "has no mqtt:// before it"),
        ("mqtt:/broker", "has no mqtt:// before it"),
        ("http://broker", "write ws://"),
        ("TCP://broker", "write mqtt://"),
        ("MQTT://broker", "write mqtt://"),
        ("ssl://broker:8883", "write mqtts://"),
        ("amqp://broker", "the schemes are mqtt, mqtts (TLS), ws and wss"),
        ("mqtt://", "names no host"),
        ("mqtt://:1883", "names no host"),
        ("mqtt://bro ker", "has a space or a line end in it"),
        (" mqtt://broker", "has a space or a line end in it"),
        ("mqtt://broker\n", "has a space or a line end in it"),
        ("mqtt://broker:99999", "the port '99999'; write a number from 1 to 65535"),
        ("mqtt://broker:0", "the port '0'"),
        ("mqtt://broker:x", "the port 'x'"),
        ("mqtt://broker:\u0661", "the port '\u0661'"),
        ("mqtts://broker:", "the port ''; write a number from 1 to 65535, or none for 8883"),
        ("mqtt://broker/topic", "has a path, which only ws:// and wss:// take; remove '/topic'"),
        ("mqtt://broker?x=1", "has a ? or a # in it"),
        ("ws://broker/mqtt#x", "has a ? or a # in it"),
        ("mqtt://[::::]", "no IPv6 address in its brackets but '::::'"),
        ("mqtt://[10.0.0.1]", "no IPv6 address in its brackets"),
        ("mqtt://[fe80::1%]", "no IPv6 address in its brackets"),
        ("mqtt://[::1", "brackets that are no pair"),
        ("mqtt://[::1]1883", "brackets that are no pair"),
        ("mqtt://a]b", "brackets that are no pair"),
        ("mqtt://fe80::1:1883", "an IPv6 address without brackets"),
        ("mqtt://br%20ker", "has a % in the name"),
    ],
)
def test_anything_else_is_told_in_words_of_its_own(url: str, words: str) -> None:
    with pytest.raises(BrokerError, match=f"^mqtt.url {re.escape(repr(url))} ") as caught:
        endpoint.parse(url)

    assert words in str(caught.value)


def test_a_password_in_the_url_is_refused_and_not_repeated() -> None:
    for url in ("mqtt://anna:secret@broker", "mqtt://an:se:cret@broker", "wss://b/?a=secret@b"):
        with pytest.raises(BrokerError, match="password_file") as caught:
            endpoint.parse(url)

        assert "cret" not in str(caught.value)


def test_an_address_is_named_as_it_would_be_written() -> None:
    assert str(Endpoint("broker", 1883, tls=False)) == "mqtt://broker:1883"
    assert str(Endpoint("::1", 8883, tls=True)) == "mqtts://[::1]:8883"
    assert str(Endpoint("fe80::1%eth0", 1, tls=False)) == "mqtt://[fe80::1%eth0]:1"
    assert str(Endpoint("broker", 443, tls=True, path="/a")) == "wss://broker:443/a"


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("::1", True),
        ("::1%lo", True),
        ("10.0.0.7", False),
        ("b", False),
    ],
)  # fmt: skip
def test_this_machine_is_known(host: str, local: bool) -> None:  # noqa: FBT001
    assert Endpoint(host, 1883, tls=False).local is local
