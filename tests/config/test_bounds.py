"""A configuration allows what the contract of messages, MQTT and the system take, and no more."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from edgenode import config
from edgenode.config import Mqtt
from edgenode.errors import ConfigError
from edgenode.messages import Text

Faults = Callable[[Path], list[str]]

BROAD = "\U0001f600"
"""A character of four bytes."""

LONG, LONG_NAME = "é" * 513, "a" * 257


@pytest.mark.parametrize("key", ["name", "site"])
def test_the_longest_text_for_people_is_the_longest_of_the_contract(
    file: Path, key: str, faults: Faults
) -> None:
    file.write_text(f"[node]\n{key} = '{'é' * 512}'\n")
    longest = getattr(config.read(file).node, key)
    file.write_text(f"[node]\n{key} = '{LONG[:513]}'\n")

    (line,) = faults(file)

    assert line.endswith("must be one line of text, of at most 512 characters")
    assert msgspec.convert(longest, Text) == longest
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(longest + "é", Text)


@pytest.mark.parametrize("text", ["a\\nb", "a\\u0000", "\\u001b[2J", "a\\n"])
@pytest.mark.parametrize("key", ["node.name", "node.site", "mqtt.username", "handover.sense_user"])
def test_a_text_for_people_is_one_line(file: Path, key: str, text: str, faults: Faults) -> None:
    file.write_text(f'{key} = "{text}"\n')

    (line,) = faults(file)

    assert line.startswith(f"{key} = ")
    assert ": must be one line of text" in line


@pytest.mark.parametrize("key", ["node.id", "mqtt.prefix", "mqtt.url"])
def test_a_final_newline_is_no_part_of_what_goes_into_topics(
    file: Path, key: str, faults: Faults
) -> None:
    good = {"node.id": "dock", "mqtt.prefix": "a/b", "mqtt.url": "mqtt://host"}[key]
    file.write_text(f'{key} = "{good}\\n"\n')

    (line,) = faults(file)

    assert line.startswith(f"{key} = '{good}\\n': ")
    assert "must be " in line or "a line end in it; remove it" in line


def test_a_username_fits_into_mqtt(file: Path, faults: Faults) -> None:
    file.write_text(f"[mqtt]\nusername = '{BROAD * 16383}'\n")
    longest = config.read(file).mqtt.username
    file.write_text('[mqtt]\nusername = ""\n')

    empty = faults(file)

    assert longest is not None
    assert len(longest.encode()) <= 65_535
    assert empty == ["mqtt.username = '': must be one line of text, of 1 to 16383 characters"]


def test_a_prefix_has_an_end(file: Path, faults: Faults) -> None:
    file.write_text(f"mqtt.prefix = '{LONG_NAME}'\n")

    (line,) = faults(file)

    assert "at most 256 in all" in line


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("health.period_s", "1e308"),
        ("mqtt.reply_s", "1e308"),
        ("outbox.messages", "9000000000000000000"),
        ("outbox.bytes", "9000000000000000000"),
        ("outbox.result_ttl_s", "1e300"),
        ("outbox.event_ttl_s", "1e300"),
        ("handover.findings", "9000000000000000000"),
    ],
)
def test_a_number_that_nothing_can_hold_is_a_fault(
    file: Path, key: str, value: str, faults: Faults
) -> None:
    file.write_text(f"{key} = {value}\n")

    (line,) = faults(file)

    assert line.startswith(f"{key} = ")
    assert " from " in line or " at most " in line


def test_a_node_has_as_many_plugins_as_the_broker_shall_retain(file: Path, faults: Faults) -> None:
    tables = [f"[plugins.p{number}]\nuse = 'x'\n" for number in range(257)]
    file.write_text("".join(tables[1:]))
    most = config.read(file).plugins
    file.write_text("".join(tables))

    lines = faults(file)

    assert len(most) == 256
    assert lines == ["plugins = a table: must be a table of at most 256 tables"]


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("", "is empty: name a file or folder, or leave the key out"),
        ("a\\u0000b", "has a zero byte, which no path has; remove it"),
        ("x" * 256, "has a name of more than 255 bytes; give a shorter one"),
        ("é" * 128, "has a name of more than 255 bytes; give a shorter one"),
        ("a/" * 2100, "is longer than 4095 bytes; give a shorter one"),
    ],
)
@pytest.mark.parametrize(
    "key", ["mqtt.ca_file", "mqtt.password_file", "models.store", "models.folders", "outbox.folder"]
)
def test_a_path_that_no_file_can_have_is_a_fault(
    file: Path, key: str, path: str, why: str, faults: Faults
) -> None:
    value = f'["{path}"]' if key == "models.folders" else f'"{path}"'
    file.write_text(f'mqtt.username = "n1"\n{key} = {value}\n')

    (line,) = faults(file)

    assert line.startswith(key)
    assert line.endswith(why)


def test_a_socket_has_a_short_path(file: Path, faults: Faults) -> None:
    file.write_text(f"handover.socket = '/tmp/{LONG_NAME[:103]}'\n")

    (line,) = faults(file)

    assert line.endswith("is a path of 108 bytes, a socket has at most 107; name a shorter one")


def test_a_file_where_a_folder_belongs_and_the_other_way_round(file: Path, faults: Faults) -> None:
    file.write_text(
        f'[mqtt]\nurl = "mqtts://host"\nca_file = "."\n[models]\nfolders = ["{file.name}"]\n'
    )

    certificate, folder = faults(file)

    assert certificate.endswith("is no file; name one")
    assert folder.endswith("is no folder; name one")


def test_a_password_without_a_username_would_not_be_sent(file: Path, faults: Faults) -> None:
    file.write_text('[mqtt]\npassword_file = "secret"\n')

    lines = faults(file)

    assert lines == ["mqtt.password_file = 'secret': needs username beside it"]


@pytest.mark.parametrize(
    ("content", "fault"),
    [(b"\n", "is empty"), (b"x" * 65_536, "holds more than 65535 bytes")],
)
def test_a_password_is_neither_empty_nor_longer_than_mqtt_takes(
    tmp_path: Path, content: bytes, fault: str
) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(content)

    with pytest.raises(ConfigError) as caught:
        config.password(Mqtt(username="n1", password_file=str(secret)))

    assert f"{fault}; write the password into it, and nothing else" in str(caught.value)


@pytest.mark.parametrize("url", ["mqtt://host:0", "mqtts://[::1]:00000", "mqtt://host:65536"])
def test_a_port_is_from_1_to_65535(file: Path, url: str, faults: Faults) -> None:
    file.write_text(f'[mqtt]\nurl = "{url}"\n')

    lines = faults(file)

    (line,) = lines
    assert line.startswith(f"mqtt.url = '{url}': has the port '")
    assert "'; write a number from 1 to 65535, or none for " in line
