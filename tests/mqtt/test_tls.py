"""What is wrong with TLS is told in words of its own, against a real mosquitto."""

import logging
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edgenode.config import Mqtt
from edgenode.errors import BrokerError
from edgenode.mqtt import endpoint
from edgenode.mqtt.causes import LOCKED
from tests.mqtt.certificates import FUTURE, PAST, Authority

if TYPE_CHECKING:
    from tests.brokers import Mosquitto
    from tests.mqtt.conftest import Clients


@pytest.fixture(scope="module")
def another(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("others"), "another")


class Secured:
    """Starts brokers with a certificate, and clients that try to connect to them."""

    def __init__(
        self,
        mosquitto: "Callable[..., Mosquitto]",
        connect: "Clients",
        until: Callable[..., None],
    ) -> None:
        self._mosquitto = mosquitto
        self._connect = connect
        self._until = until

    def broker(self, pair: tuple[str, str], more: str = "") -> str:
        """Start one with a certificate and its key; return its URL."""
        tls = f"certfile {pair[0]}\nkeyfile {pair[1]}\n{more}"
        return self._mosquitto("allow_anonymous true", tls).url

    def lets_in(self, url: str, **settings: object) -> None:
        client = self._connect(self._connect.publish_all(), url, **settings)
        self._until(lambda: client.connected)

    def trouble(self, url: str, **settings: object) -> str:
        """Try to connect; return why that fails."""
        client = self._connect(self._connect.publish_all(), url, **settings)
        self._until(lambda: "broker" in client.reason)
        assert not client.connected
        return client.reason


@pytest.fixture
def secured(
    mosquitto: "Callable[..., Mosquitto]", connect: "Clients", until: Callable[..., None]
) -> Secured:
    return Secured(mosquitto, connect, until)


def test_a_right_certificate_of_an_own_authority_lets_in(
    secured: Secured, authority: Authority
) -> None:
    broker = secured.broker(authority.sign("broker"))

    secured.lets_in(broker, ca_file=authority.file)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda ca: ca.sign("old", PAST), "certificate has expired: this node's clock says {now}"),
        (lambda ca: ca.sign("early", FUTURE), "not valid yet: this node's clock says {now}"),
        (
            lambda ca: ca.sign("elsewhere", extension="subjectAltName=DNS:other.example"),
            "is for another name than 'localhost'; write in mqtt.url the name that is in it",
        ),
        (
            lambda ca: ca.intermediate().sign("below"),
            "have the broker send the intermediate certificate as well",
        ),
        (
            lambda ca: ca.sign("client", extension="extendedKeyUsage=clientAuth"),
            "is not made for servers",
        ),
    ],
)
def test_a_wrong_certificate_of_the_broker_says_what_is_wrong(
    secured: Secured,
    authority: Authority,
    make: Callable[[Authority], tuple[str, str]],
    words: str,
) -> None:
    broker = secured.broker(make(authority))

    reason = secured.trouble(broker, ca_file=authority.file)

    assert words.format(now=time.strftime("%Y-%m-%d", time.gmtime())) in reason


def test_an_intermediate_that_the_broker_sends_or_we_trust_closes_the_chain(
    secured: Secured, authority: Authority, tmp_path: Path
) -> None:
    between = authority.intermediate("between")
    certificate, key = between.sign("leaf")
    chain = tmp_path / "chain.pem"
    chain.write_bytes(Path(certificate).read_bytes() + Path(between.file).read_bytes())

    secured.lets_in(secured.broker((str(chain), key)), ca_file=authority.file)
    secured.lets_in(secured.broker((certificate, key)), ca_file=between.file)


def test_another_authority_than_ours_is_told(
    secured: Secured,
    authority: Authority,
    another: Authority,
) -> None:
    broker = secured.broker(authority.sign("broker"))

    reason = secured.trouble(broker, ca_file=another.file)

    assert f"none of {another.file!r} has signed the broker's certificate" in reason


def test_a_certificate_that_signs_itself_is_told(secured: Secured, tmp_path: Path) -> None:
    broker = secured.broker(_self_signed(tmp_path))

    reason = secured.trouble(broker)

    assert "is signed by itself; copy it here, and name it in mqtt.ca_file" in reason


def test_an_address_that_is_not_in_the_certificate_is_told(
    secured: Secured, authority: Authority
) -> None:
    broker = secured.broker(authority.sign("named", extension="subjectAltName=DNS:localhost"))

    reason = secured.trouble(broker.replace("localhost", "127.0.0.1"), ca_file=authority.file)

    assert "is not for the address '127.0.0.1'" in reason


@pytest.mark.parametrize("newest", ["tlsv1.2", "tlsv1.3"])
def test_a_certificate_of_ours_that_the_broker_does_not_take_is_told(
    secured: Secured,
    authority: Authority,
    another: Authority,
    caplog: pytest.LogCaptureFixture,
    newest: str,
) -> None:
    asks = f"cafile {authority.file}\nrequire_certificate true\ntls_version {newest}"
    broker = secured.broker(authority.sign(f"asking-{newest}"), asks)

    def told(*pair: str) -> str:
        shown = dict(zip(("cert_file", "key_file"), pair, strict=False))
        return secured.trouble(broker, ca_file=authority.file, **shown)

    assert "asks for a certificate of ours" in told()
    old, strange = authority.sign(f"old-{newest}", PAST), another.sign(f"strange-{newest}")
    assert f"says that our certificate {old[0]!r} has expired; renew it" in told(*old)
    unknown = f"does not know the authority that has signed our certificate {strange[0]!r}"
    assert unknown in told(*strange)
    secured.lets_in(
        broker,
        ca_file=authority.file,
        **dict(zip(("cert_file", "key_file"), authority.sign(f"good-{newest}"), strict=True)),
    )
    assert {record.levelno for record in caplog.records} == {logging.ERROR}


def test_a_plain_url_to_a_tls_port_gets_a_hint(secured: Secured, authority: Authority) -> None:
    broker = secured.broker(authority.sign("broker"))

    reason = secured.trouble(broker.replace("mqtts", "mqtt"))

    assert "TLS" in reason


def test_a_tls_url_to_a_plain_port_gets_a_hint(broker: "Mosquitto", secured: Secured) -> None:
    reason = secured.trouble(broker.url.replace("mqtt://", "mqtts://"))

    assert "seems to speak no TLS" in reason
    assert "write mqtt:// in mqtt.url" in reason


def test_a_handshake_that_takes_long_has_the_time_of_reply_s(
    mosquitto: "Callable[..., Mosquitto]", secured: Secured, authority: Authority
) -> None:
    certificate, key = authority.sign("slow")
    broker = mosquitto("allow_anonymous true", f"certfile {certificate}\nkeyfile {key}")

    with broker.frozen():
        reason = secured.trouble(broker.url, ca_file=authority.file, reply_s=0.2)

    assert "no answer in time" in reason
    assert "for a slow one raise mqtt.reply_s" in reason
    secured.lets_in(broker.url, ca_file=authority.file, reply_s=20.0)


def test_files_that_cannot_be_used_are_told(authority: Authority, tmp_path: Path) -> None:
    certificate, key = authority.sign("one")
    _, other_key = authority.sign("two")
    (tmp_path / "no.pem").write_text("not PEM")
    locked = tmp_path / "locked.key"
    subprocess.run(
        ["openssl", "pkey", "-in", key, "-out", str(locked), "-aes256", "-passout", "pass:x"],
        check=True,
    )

    def refused(**files: str) -> str:
        with pytest.raises(BrokerError) as caught:
            endpoint.tls_context(Mqtt(url="mqtts://b", **files))
        return str(caught.value)

    wrong_pair = refused(cert_file=certificate, key_file=other_key)
    assert wrong_pair.endswith("cannot be used: the key does not belong to the certificate")
    assert refused(cert_file=certificate, key_file=str(locked)).endswith(LOCKED)
    assert refused(ca_file=key).endswith("there is no certificate in it")
    assert refused(ca_file=str(tmp_path / "no.pem")).endswith("there is no certificate in it")
    assert refused(ca_file="/nowhere.pem").endswith("no such file or directory")


def _self_signed(folder: Path) -> tuple[str, str]:
    one = Authority(folder, "localhost")
    return one.file, one.file.replace(".pem", ".key")
