import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edgenode.cli import main
from tests.mqtt.certificates import Authority

if TYPE_CHECKING:
    from tests.brokers import Mosquitto

STATUS = b'{"v":1,"state":"online","reason":"boot","run":"000000000000","conn":1,"ts":1}'
TOPIC = "edgenode/v1/n1/status"
WATCH = (sys.executable, "-m", "edgenode", "watch")

Publish = Callable[..., None]


def watch(url: str, *options: str) -> str:
    """Watch until there is a line, then end it with Ctrl-C; return all that was printed."""
    with subprocess.Popen(
        [*WATCH, "--url", url, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        first = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
        assert (process.wait(10), process.stderr.read()) == (0, "")
    return first + rest


def test_without_a_terminal_each_message_is_a_line_and_ctrl_c_ends_it_without_a_word(
    broker: "Mosquitto", publish: Publish
) -> None:
    publish(broker.url, TOPIC, STATUS, retain=True)

    printed = watch(broker.url)

    assert printed == "n1 status: online (boot)\n"


def test_json_is_one_object_per_message(broker: "Mosquitto", publish: Publish) -> None:
    publish(broker.url, TOPIC, STATUS, retain=True)
    publish(broker.url, "acme/v1/n1/status", STATUS, retain=True)

    (line,) = watch(broker.url, "--json").splitlines()

    assert json.loads(line) == {"topic": TOPIC, "payload": json.loads(STATUS)}


def test_another_prefix_is_another_site(broker: "Mosquitto", publish: Publish) -> None:
    publish(broker.url, TOPIC, STATUS, retain=True)
    publish(broker.url, "acme/v1/n2/status", STATUS, retain=True)

    printed = watch(broker.url, "--prefix", "acme/v1")

    assert printed == "n2 status: online (boot)\n"


def test_what_is_not_in_the_contract_is_told_once(broker: "Mosquitto", publish: Publish) -> None:
    for node in ("n1", "n2"):
        publish(broker.url, f"edgenode/v1/{node}/status", b"{}", retain=True)

    with subprocess.Popen(
        [*WATCH, "--url", broker.url], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        told = process.stderr.readline()
        # Once this one is shown, both of those have been received.
        publish(broker.url, "edgenode/v1/n3/status", STATUS)
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()

    assert b"not in the contract" in told
    assert (process.returncode, rest) == (0, b"")


def test_a_broker_that_is_not_there_is_one_line_with_the_cure(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status = main(["watch", "--url", "mqtt://127.0.0.1:1"])

    assert status == 1
    assert capsys.readouterr().err == (
        "edgenode: broker 'mqtt://127.0.0.1:1' cannot be reached: connection refused; "
        "start a broker there, or name another with --url\n"
    )


def test_a_broker_that_refuses_us_is_one_line_with_our_options(
    mosquitto: Callable[..., "Mosquitto"], capsys: pytest.CaptureFixture[str]
) -> None:
    closed = mosquitto("allow_anonymous false")

    status = main(["watch", "--url", closed.url])

    (line,) = capsys.readouterr().err.splitlines()
    assert status == 1
    assert closed.url in line
    assert line.endswith(
        ("--password-file and the broker's access list", "set --username and --password-file")
    )


def test_a_user_with_a_password_is_let_in(
    mosquitto: Callable[..., "Mosquitto"],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    subprocess.run(
        ["mosquitto_passwd", "-b", "-c", str(tmp_path / "users"), "ann", "open sesame"], check=True
    )
    closed = mosquitto(f"allow_anonymous false\npassword_file {tmp_path / 'users'}")
    secret = tmp_path / "secret"
    secret.write_text("open sesame\n")
    access = ["--username", "ann", "--password-file", str(secret)]

    status = main(["watch", "--url", closed.url, "--seconds", "0.2", *access])

    assert status == 0
    assert capsys.readouterr().err == ""


def test_the_broker_of_a_node_is_taken_from_its_configuration(
    broker: "Mosquitto", publish: Publish, tmp_path: Path
) -> None:
    publish(broker.url, "acme/v1/n1/status", STATUS, retain=True)
    publish(broker.url, TOPIC, STATUS, retain=True)
    file = tmp_path / "node.toml"
    file.write_text(f'[mqtt]\nurl = "{broker.url}"\nprefix = "acme/v1"\nusername = "n1"\n')

    with subprocess.Popen([*WATCH, "--config", file, "--json"], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        process.send_signal(signal.SIGINT)

    assert json.loads(line)["topic"] == "acme/v1/n1/status"


def test_options_go_before_the_configuration(
    broker: "Mosquitto", tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "node.toml"
    file.write_text('[mqtt]\nurl = "mqtt://127.0.0.1:1"\n')

    status = main(["watch", "--config", str(file), "--url", broker.url, "--seconds", "0.1"])

    assert (status, capsys.readouterr().err) == (0, "")


def test_a_broker_that_asks_for_a_certificate_is_shown_one(
    mosquitto: Callable[..., "Mosquitto"], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    authority = Authority(tmp_path)
    certificate, key = authority.sign("broker")
    tls = f"certfile {certificate}\nkeyfile {key}\ncafile {authority.file}"
    url = mosquitto("allow_anonymous true", f"{tls}\nrequire_certificate true").url
    ours, ours_key = authority.sign("watcher")
    trust = ["watch", "--url", url, "--seconds", "0.1", "--ca-file", authority.file]

    shown = main([*trust, "--cert-file", ours, "--key-file", ours_key])
    silent = capsys.readouterr().err
    not_shown = main(trust)

    assert (shown, silent, not_shown) == (0, "", 1)
    assert "set --cert-file and --key-file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        (["--key-file", "a.key"], "--key-file = 'a.key': needs cert_file beside it"),
        (["--url", "mqtt://h:0"], "--url = 'mqtt://h:0': has the port '0'"),
        (["--url", "mqtts://h", "--ca-file", "/no.pem"], "--ca-file = '/no.pem': no such file"),
    ],
)
def test_options_that_do_not_go_together_are_named(
    options: list[str], fault: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["watch", *options])

    assert status == 2
    assert capsys.readouterr().err.startswith(f"edgenode: {fault}")


@pytest.mark.parametrize(
    ("option", "value"), [("--url", "http://x"), ("--prefix", "Not/This"), ("--url", "mqtt://x:y")]
)
def test_a_wrong_option_is_named(
    option: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["watch", option, value])

    error = capsys.readouterr().err
    assert status == 2
    assert error.startswith(f"edgenode: {option} = {value!r}: ")


def test_on_a_terminal_there_is_a_table(broker: "Mosquitto", publish: Publish) -> None:
    publish(broker.url, TOPIC, STATUS, retain=True)
    ours, theirs = pty.openpty()
    environ = os.environ | {"COLUMNS": "100", "LINES": "30", "TERM": "xterm"}

    process = subprocess.Popen([*WATCH, "--url", broker.url], stdout=theirs, env=environ)
    os.close(theirs)
    seen = b""
    while b"boot" not in seen and (chunk := _read(ours)):
        seen += chunk
    process.send_signal(signal.SIGINT)
    while chunk := _read(ours):
        seen += chunk
    os.close(ours)

    assert process.wait(10) == 0
    assert b"last finding" in seen
    assert b"boot" in seen


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # the other side has closed it
        return b""
