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

if TYPE_CHECKING:
    from tests.conftest import Mosquitto

STATUS = b'{"v":1,"state":"online","reason":"boot","run":"000000000000","conn":1,"ts":1}'
TOPIC = "edgenode/v1/n1/status"
WATCH = (sys.executable, "-m", "edgenode", "watch")

Publish = Callable[..., None]


def test_without_a_terminal_each_message_is_a_line(
    broker: "Mosquitto", publish: Publish, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(broker.url, TOPIC, STATUS, retain=True)

    status = main(["watch", "--url", broker.url, "--seconds", "0.5"])

    assert status == 0
    assert capsys.readouterr() == ("n1 status: online (boot)\n", "")


def test_json_is_one_object_per_message(
    broker: "Mosquitto", publish: Publish, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(broker.url, TOPIC, STATUS, retain=True)
    publish(broker.url, "acme/v1/n1/status", STATUS, retain=True)

    status = main(["watch", "--url", broker.url, "--json", "--seconds", "0.5"])

    (line,) = capsys.readouterr().out.splitlines()
    assert status == 0
    assert json.loads(line) == {"topic": TOPIC, "payload": json.loads(STATUS)}


def test_another_prefix_is_another_site(
    broker: "Mosquitto", publish: Publish, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(broker.url, TOPIC, STATUS, retain=True)
    publish(broker.url, "acme/v1/n2/status", STATUS, retain=True)

    main(["watch", "--url", broker.url, "--prefix", "acme/v1", "--seconds", "0.5"])

    assert capsys.readouterr().out == "n2 status: online (boot)\n"


def test_what_is_not_in_the_contract_is_told_once(
    broker: "Mosquitto", publish: Publish, capsys: pytest.CaptureFixture[str]
) -> None:
    for node in ("n1", "n2"):
        publish(broker.url, f"edgenode/v1/{node}/status", b"{}", retain=True)

    status = main(["watch", "--url", broker.url, "--seconds", "0.8"])

    assert status == 0
    assert capsys.readouterr().err.count("not in the contract") == 1


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


def test_ctrl_c_ends_it_without_a_word(broker: "Mosquitto", publish: Publish) -> None:
    publish(broker.url, TOPIC, STATUS, retain=True)
    with subprocess.Popen(
        [*WATCH, "--url", broker.url], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        first = process.stdout.readline()

        process.send_signal(signal.SIGINT)

        assert first == b"n1 status: online (boot)\n"
        assert process.wait(10) == 0
        assert process.stderr.read() == b""


def test_on_a_terminal_there_is_a_table(broker: "Mosquitto", publish: Publish) -> None:
    publish(broker.url, TOPIC, STATUS, retain=True)
    ours, theirs = pty.openpty()
    environ = os.environ | {"COLUMNS": "100", "LINES": "30", "TERM": "xterm"}

    process = subprocess.Popen(
        [*WATCH, "--url", broker.url, "--seconds", "1"], stdout=theirs, env=environ
    )
    os.close(theirs)
    seen = b""
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
