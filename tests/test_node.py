import re
from pathlib import Path

import pytest

from edgenode import config, node
from edgenode.messages import Name


def board(root: Path, serial: str = "", machine_id: str = "") -> Path:
    tree = root / "sys/firmware/devicetree/base"
    tree.mkdir(parents=True)
    if serial:
        (tree / "serial-number").write_bytes(serial.encode() + b"\0")
    (tree / "model").write_bytes(b"Raspberry Pi 4 Model B Rev 1.4\0")
    (root / "etc").mkdir()
    if machine_id:
        (root / "etc/machine-id").write_text(machine_id + "\n")
    (root / "etc/os-release").write_text('NAME="Debian"\nPRETTY_NAME="Debian GNU/Linux 13"\n')
    (root / "proc").mkdir()
    (root / "proc/meminfo").write_text("MemTotal:        3884348 kB\n")
    return root


def test_a_cloned_card_in_another_board_is_another_node(tmp_path: Path) -> None:
    one = board(tmp_path / "1", serial="10000000abcdef01", machine_id="same")
    two = board(tmp_path / "2", serial="10000000abcdef02", machine_id="same")

    ids = {node.derive_id("dock", one), node.derive_id("dock", two)}

    assert len(ids) == 2
    assert all(re.fullmatch(r"dock-[0-9a-f]{6}", found) for found in ids)


def test_the_id_lasts(tmp_path: Path) -> None:
    root = board(tmp_path, serial="10000000abcdef01")

    assert node.derive_id("dock", root) == node.derive_id("dock", root)


@pytest.mark.parametrize("serial", ["", "0000000000000000"])
def test_without_a_serial_number_the_machine_id_stands_in(tmp_path: Path, serial: str) -> None:
    one = board(tmp_path / "1", serial=serial, machine_id="one")
    two = board(tmp_path / "2", serial=serial, machine_id="two")

    assert node.derive_id("dock", one) == node.derive_id("dock", one)
    assert node.derive_id("dock", one) != node.derive_id("dock", two)


def test_without_either_the_id_is_random_and_the_log_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    root = board(tmp_path)

    assert node.derive_id("dock", root) != node.derive_id("dock", root)
    assert "set node.id" in caplog.text


@pytest.mark.parametrize(
    ("host", "slug"),
    [
        ("Dock.Example.ORG", "dock-example-org"),
        ("küche", "k-che"),
        ("--", "node"),
        ("", "node"),
        ("_x_", "x"),
        ("h" * 64, "h" * 56),
    ],
)
def test_any_host_name_makes_an_id_for_topics(tmp_path: Path, host: str, slug: str) -> None:
    made = node.derive_id(host, board(tmp_path, serial="1"))

    assert made.rpartition("-")[0] == slug
    pattern = Name.__metadata__[0].pattern
    assert re.match(pattern, made)


def test_the_configuration_has_the_last_word(tmp_path: Path) -> None:
    settings = config.Node(id="gate-7", name="Gate 7", site="harbour")

    described = node.describe(settings, board(tmp_path, serial="1"))

    assert (described.id, described.name, described.site) == ("gate-7", "Gate 7", "harbour")


def test_the_hardware_is_what_the_board_says(tmp_path: Path) -> None:
    found = node.hardware(board(tmp_path, serial="1"))

    assert found.model == "Raspberry Pi 4 Model B Rev 1.4"
    assert found.memory_mb == 3793
    assert found.os == "Debian GNU/Linux 13"
    assert found.cores >= 1


def test_a_machine_without_such_files_is_described_all_the_same(tmp_path: Path) -> None:
    found = node.hardware(tmp_path)

    assert found.model == found.machine
    assert found.memory_mb == 0
