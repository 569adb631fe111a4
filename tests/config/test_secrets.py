"""What a configuration may not hold, and where a password and a key come from."""

from collections.abc import Callable
from pathlib import Path

import pytest

from edgenode import config
from edgenode.config import Mqtt
from edgenode.errors import ConfigError

Faults = Callable[[Path], list[str]]


@pytest.mark.parametrize("key", ["password", "pasword", "token", "api_key", "broker-secret"])
def test_a_secret_in_the_file_is_refused_and_never_shown(
    file: Path, key: str, faults: Faults
) -> None:
    file.write_text(f'[mqtt]\n{key} = "geheim"\n')

    lines = faults(file)

    assert len(lines) == 1
    assert lines[0].startswith(f"mqtt.{key} = (hidden): ")
    assert "geheim" not in lines[0]


def test_the_cure_for_a_password_is_its_file(file: Path, faults: Faults) -> None:
    file.write_text('[mqtt]\npassword = "geheim"\n')

    lines = faults(file)

    assert lines[0].endswith("name a file that holds it: password_file")


def test_a_password_in_the_url_is_refused_and_never_shown(file: Path, faults: Faults) -> None:
    file.write_text('[mqtt]\nurl = "mqtt://me:ge/heim@host:1883"\n')

    lines = faults(file)

    (line,) = lines
    assert line == (
        "mqtt.url = 'mqtt://(hidden)@host:1883': names a user; remove all before the @, and use "
        "mqtt.username and mqtt.password_file"
    )


def test_a_bare_password_file_is_a_credential(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "mqtt").write_text("geheim\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    file.write_text('[mqtt]\nusername = "n1"\npassword_file = "mqtt"\n')

    found = config.read(file)

    assert found.mqtt.password_file == str(credentials / "mqtt")
    assert config.password(found.mqtt) == b"geheim"


def test_a_credential_systemd_did_not_give_is_told(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, faults: Faults
) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    file.write_text('[mqtt]\nusername = "n1"\npassword_file = "mqtt"\n')

    lines = faults(file)

    assert lines == [f"mqtt.password_file = '{tmp_path}/mqtt': no such file"]


def test_outside_a_unit_a_credential_is_not_looked_for_but_cannot_be_read(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    file.write_text('[mqtt]\nusername = "n1"\npassword_file = "mqtt-password"\n')

    found = config.read(file)

    assert str(found.mqtt.password_file) == "mqtt-password"
    with pytest.raises(ConfigError, match="LoadCredential="):
        config.password(found.mqtt)


def test_sense_reads_the_file_without_the_brokers_secrets(file: Path, faults: Faults) -> None:
    file.write_text('[mqtt]\nusername = "n1"\npassword_file = "/run/credentials/uplink/mqtt"\n')

    found = config.read(file, secrets=False)

    assert str(found.mqtt.password_file) == "/run/credentials/uplink/mqtt"
    assert faults(file) == [
        "mqtt.password_file = '/run/credentials/uplink/mqtt': no such file",
    ]


def test_a_certificate_needs_its_key_and_the_key_its_certificate(
    file: Path, faults: Faults
) -> None:
    pem = file.parent / "x.pem"
    pem.touch()
    file.write_text('[mqtt]\ncert_file = "x.pem"\n')
    certificate = faults(file)
    file.write_text('[mqtt]\nkey_file = "./x.pem"\n')

    key = faults(file)

    assert certificate == [f"mqtt.cert_file = '{pem}': needs key_file beside it"]
    assert key == [f"mqtt.key_file = '{pem}': needs cert_file beside it"]


def test_no_password_file_is_no_password() -> None:
    assert config.password(Mqtt()) is None
