"""A configuration read from its files: its values, and all its faults at once."""

from collections.abc import Callable
from pathlib import Path

import pytest

from edgenode import config
from edgenode.config import Config, Node
from edgenode.config.faults import Fault

Faults = Callable[[Path], list[str]]


def test_an_empty_file_gives_the_defaults(file: Path) -> None:
    file.write_text("")

    found = config.read(file)

    assert found == Config(path=str(file), digest=found.digest)


def test_every_fault_is_told_at_once_with_key_value_and_cure(file: Path, faults: Faults) -> None:
    file.write_text("""
        [node]
        sight = "dock"
        [mqtt]
        protocol = "3.1"
        keep_alive_s = 3
        result_qos = "1"
        [outbox]
        result_ttl_s = nan
        [models]
        folders = ["nowhere"]
    """)

    lines = faults(file)

    nowhere = str(file.parent / "nowhere")
    assert lines == [
        "node.sight = 'dock': unknown key; did you mean 'site'?",
        "mqtt.protocol = '3.1': must be '3.1.1', '5' or 'auto'; did you mean '3.1.1'?",
        "mqtt.keep_alive_s = 3: must be an integer from 5 to 3600",
        "mqtt.result_qos = '1': must be 0 or 1; remove the quotes",
        "outbox.result_ttl_s = nan: must be a finite number",
        f"models.folders[0] = {nowhere!r}: no such folder",
    ]


def test_a_wrong_table_is_told_with_the_nearest(file: Path, faults: Faults) -> None:
    file.write_text("[source.front]\nuse = 'camera'\n")

    lines = faults(file)

    assert lines == ["source = a table: unknown key; did you mean 'sources'?"]


def test_a_table_that_is_none_and_a_name_that_cannot_be_a_topic(file: Path, faults: Faults) -> None:
    file.write_text("node = 3\n[plugins]\npeople = true\n[sources.'Front.1']\nuse = 'camera'\n")

    lines = faults(file)

    assert lines == [
        "node = 3: must be a table",
        "plugins.people = true: must be a table",
        (
            "sources.'Front.1': the name must be text of a to z, 0 to 9, - and _, at most 63 of "
            "them, the first a letter or a digit, such as 'front-door'"
        ),
    ]


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("node.id", "Dock 1", "the first a letter or a digit, such as 'dock-1'"),
        ("mqtt.prefix", "/a", "at most 256 in all, such as 'edgenode/v1' or 'acme/"),
    ],
)
def test_what_a_text_may_be_is_told_in_words_with_an_example(
    file: Path, faults: Faults, key: str, value: str, words: str
) -> None:
    file.write_text(f"{key} = {value!r}\n")

    (line,) = faults(file)

    assert line.startswith(f"{key} = {value!r}: must be ")
    assert words in line


def test_bad_syntax_is_told_with_file_line_and_column(file: Path, faults: Faults) -> None:
    file.write_text("[node]\nsite 'dock'\n")

    lines = faults(file)

    assert lines == ["not TOML: Expected '=' after a key in a key/value pair (at line 2, column 6)"]


def test_text_without_quotes_is_told_to_need_them(file: Path, faults: Faults) -> None:
    file.write_text("[node]\nsite = dock\n")

    lines = faults(file)

    assert lines == [
        "not TOML: Invalid value (at line 2, column 8); text needs quotes, true and false need none"
    ]


def test_a_missing_file_and_one_that_is_not_text(file: Path, faults: Faults) -> None:
    absent = faults(file)
    file.write_bytes(b"[node]\nsite = '\xff'\n")

    lines = faults(file)

    assert absent == ["no such file; `edgenode defaults` prints one to start from"]
    assert lines == ["not UTF-8 at line 2 (byte 15); save it as UTF-8"]


def test_drop_ins_merge_in_the_order_of_their_names(file: Path) -> None:
    drop_ins = file.parent / "edgenode.d"
    drop_ins.mkdir()
    file.write_text('[node]\nsite = "dock"\n[plugins.people]\nuse = "x"\nlabels = ["a", "b"]\n')
    (drop_ins / "20.toml").write_text('[node]\nsite = "last"\n')
    (drop_ins / "10.toml").write_text('[node]\nsite = "first"\n[plugins.people]\nlabels = ["c"]\n')
    (drop_ins / "30.conf").write_text("not read")

    found = config.read(file)

    assert found.node == Node(site="last")
    assert found.plugins == {"people": {"use": "x", "labels": ["c"]}}


def test_a_fault_names_the_drop_in_its_key_came_from(file: Path, faults: Faults) -> None:
    drop_in = file.parent / "edgenode.d" / "site.toml"
    drop_in.parent.mkdir()
    file.write_text("[mqtt]\nkeep_alive_s = 1\n")
    drop_in.write_text("[mqtt]\nkeep_alive = 3\n[nod]\n")

    lines = faults(file)

    assert lines == [
        "mqtt.keep_alive_s = 1: must be an integer from 5 to 3600",
        f"{drop_in}: mqtt.keep_alive = 3: unknown key; did you mean 'keep_alive_s'?",
        f"{drop_in}: nod = a table: unknown key; did you mean 'node'?",
    ]


def test_a_broken_drop_in_does_not_hide_the_other_faults(file: Path, faults: Faults) -> None:
    drop_in = file.parent / "edgenode.d" / "site.toml"
    drop_in.parent.mkdir()
    file.write_text("[health]\nperiod_s = 0\n")
    drop_in.write_text("[mqtt\n")

    lines = faults(file)

    assert lines[0].startswith(f"{drop_in}: not TOML: ")
    assert lines[1:] == ["health.period_s = 0: must be a number from 1 to 86400"]


@pytest.mark.parametrize(
    "url",
    [
        "mqtts://[fe80::1]:8883",
        "mqtt://broker",
        "mqtt://10.0.0.1:1/",
        "mqtt://[fe80::1%eth0]",
        "ws://broker/a/b",
        "wss://[::1]:443",
    ],
)
def test_a_good_url_is_taken(file: Path, url: str) -> None:
    file.write_text(f'[mqtt]\nurl = "{url}"\n')

    found = config.read(file)

    assert found.mqtt.url == url


@pytest.mark.parametrize("url", ["http://host", "mqtt://", "mqtt://host/path", "mqtt://host:99999"])
def test_a_bad_url_is_told(file: Path, url: str, faults: Faults) -> None:
    file.write_text(f'[mqtt]\nurl = "{url}"\n')

    lines = faults(file)

    assert len(lines) == 1
    assert lines[0].startswith(f"mqtt.url = {url!r}: ")


def test_authorities_without_tls_are_told_before_a_password_goes_in_the_clear(
    file: Path, faults: Faults
) -> None:
    (file.parent / "ca.pem").touch()
    file.write_text('[mqtt]\nurl = "ws://broker"\nca_file = "ca.pem"\n')

    (line,) = faults(file)

    assert line.endswith("is for TLS: write mqtts:// or wss:// in mqtt.url, or remove this")


def test_paths_are_beside_the_file(file: Path) -> None:
    (file.parent / "own").mkdir()
    (file.parent / "ca.pem").touch()
    file.write_text(
        '[mqtt]\nurl = "mqtts://b"\nca_file = "ca.pem"\n[models]\nfolders = ["own"]\n'
        'store = "/var/lib/m"\n[handover]\nsocket = "h.sock"\n'
    )

    found = config.read(file)

    assert found.mqtt.ca_file == str(file.parent / "ca.pem")
    assert found.models.folders == (str(file.parent / "own"),)
    assert found.models.store == "/var/lib/m"
    assert found.handover.socket == str(file.parent / "h.sock")


def test_what_is_right_is_kept_beside_what_is_wrong(file: Path) -> None:
    file.write_text('[node]\nsite = "dock"\nid = "?"\n[plugins.people]\nuse = "x"\n[plugin]\n')

    found, lines = config.examine(file)

    assert found.node == Node(site="dock")
    assert found.plugins == {"people": {"use": "x"}}
    assert len(lines) == 2


def test_the_digest_is_of_what_is_said_not_of_how(file: Path) -> None:
    file.write_text('[node]\nsite = "dock"\nid = "n1"\n')
    first = config.read(file).digest
    file.write_text('# moved\nnode = { id = "n1", site = "dock" }\n')
    second = config.read(file).digest
    file.write_text('node = { id = "n2", site = "dock" }\n')

    third = config.read(file).digest

    assert first == second != third
    assert len(first) == 12


def test_the_file_cannot_say_where_it_is(file: Path, faults: Faults) -> None:
    file.write_text('path = "x"\ndigest = "y"\norigins = {}\n')

    lines = faults(file)

    assert [line.split(": ")[1][:11] for line in lines] == ["unknown key"] * 3


def test_a_configuration_made_in_a_program_has_no_file_to_name() -> None:
    made = Config()

    assert made.folder == Path.cwd()
    assert made.line(Fault(("node", "site"), "is wrong", "'x'")) == "node.site = 'x': is wrong"


def test_faults_deep_in_an_array_name_the_file_of_the_array(file: Path, faults: Faults) -> None:
    file.write_text("")
    drop_in = file.parent / "edgenode.d" / "x.toml"
    drop_in.parent.mkdir()
    drop_in.write_text("[models]\nfolders = ['/', 3]\n")

    lines = faults(file)

    assert lines == [f"{drop_in}: models.folders[1] = 3: must be a path; add quotes"]


def test_a_date_where_a_number_belongs_is_a_fault_and_no_crash(file: Path, faults: Faults) -> None:
    file.write_text("[health]\nperiod_s = 1979-05-27\n")

    lines = faults(file)

    assert lines == ["health.period_s = 1979-05-27: must be a number from 1 to 86400"]
