"""Who may connect to a real mosquitto: passwords and certificates."""

import logging
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.brokers import Mosquitto
    from tests.mqtt.conftest import Clients


def test_a_refused_user_is_an_error_and_not_connected(
    mosquitto: "Callable[..., Mosquitto]",
    connect: "Clients",
    until: Callable[..., None],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    users = tmp_path / "users"
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(users), "n1", "right"], check=True)
    (tmp_path / "wrong").write_text("wrong\n")
    broker = mosquitto(f"password_file {users}")

    handler = connect.publish_all()
    client = connect(
        handler, broker.url, username="n1", password_file=str(tmp_path / "wrong"), protocol="5"
    )
    until(lambda: "refused" in client.reason)

    assert not client.connected
    assert handler.links == []
    assert "not authorized; check mqtt.username, mqtt.password_file" in client.reason
    assert [entry.levelno for entry in caplog.records] == [logging.ERROR]


def test_a_right_password_lets_in(
    mosquitto: "Callable[..., Mosquitto]",
    connect: "Clients",
    until: Callable[..., None],
    tmp_path: Path,
) -> None:
    users = tmp_path / "users"
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(users), "n1", "right"], check=True)
    (tmp_path / "right").write_text("right\n")

    broker = mosquitto(f"password_file {users}")
    client = connect(
        connect.publish_all(), broker.url, username="n1", password_file=str(tmp_path / "right")
    )

    until(lambda: client.connected)


def test_a_missing_password_file_is_named(
    broker: "Mosquitto", connect: "Clients", until: Callable[..., None]
) -> None:
    missing = {"username": "n1", "password_file": "/nowhere/secret"}
    client = connect(connect.publish_all(), broker.url, **missing)

    until(lambda: "'/nowhere/secret'" in client.reason)

    assert client.reason.startswith("mqtt.password_file")


def test_tls_with_an_authority_of_its_own(
    mosquitto: "Callable[..., Mosquitto]",
    connect: "Clients",
    until: Callable[..., None],
    tmp_path: Path,
) -> None:
    certificate, key = certify(tmp_path, "broker")
    broker = mosquitto("allow_anonymous true", f"certfile {certificate}\nkeyfile {key}")

    trusting = connect(connect.publish_all(), broker.url, ca_file=certificate)
    doubting = connect(connect.publish_all(), broker.url)
    until(lambda: trusting.connected)
    until(lambda: "name it in mqtt.ca_file" in doubting.reason)

    assert not doubting.connected


def test_a_client_certificate_that_is_asked_for_and_missing_is_the_hint(
    mosquitto: "Callable[..., Mosquitto]",
    connect: "Clients",
    until: Callable[..., None],
    tmp_path: Path,
) -> None:
    certificate, key = certify(tmp_path, "broker")
    demanding = "require_certificate true"
    tls = f"certfile {certificate}\nkeyfile {key}\ncafile {certificate}\n{demanding}"
    broker = mosquitto("allow_anonymous true", tls)

    shown = {"cert_file": certificate, "key_file": key}
    with_one = connect(connect.publish_all(), broker.url, ca_file=certificate, **shown)
    without = connect(connect.publish_all(), broker.url, ca_file=certificate)
    until(lambda: with_one.connected)
    until(lambda: "certificate" in without.reason)

    assert not without.connected


def test_a_file_that_is_no_certificate_is_named(
    connect: "Clients", until: Callable[..., None], tmp_path: Path
) -> None:
    (tmp_path / "ca.pem").write_text("not PEM")

    client = connect(connect.publish_all(), "mqtts://localhost:1", ca_file=str(tmp_path / "ca.pem"))
    until(lambda: "mqtt.ca_file" in client.reason)

    assert re.search(r"mqtt\.ca_file '.*ca\.pem' cannot be used", client.reason)


def certify(folder: Path, name: str) -> tuple[str, str]:
    """Return a certificate that is its own authority, for localhost, and its key."""
    certificate, key = str(folder / f"{name}.pem"), str(folder / f"{name}.key")
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    subject = ["-subj", f"/CN={name}", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run(
        [*command.split(), *subject, "-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
    )
    return certificate, key
