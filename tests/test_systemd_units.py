"""What the units guarantee, and that systemd accepts them."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from edgenode.catalogue.store import SYSTEM
from edgenode.cli import parser
from edgenode.cli.status import SERVICES
from edgenode.config.tables import Handover
from edgenode.exits import Exit
from edgenode.handover.requests import Patience
from edgenode.sense.process import ProcessTiming

UNITS = Path(__file__).parent.parent / "systemd"
SENSE, UPLINK = "edgenode-sense", "edgenode-uplink"
GROUP = "edgenode-handover"

BOTH = pytest.mark.parametrize("name", [SENSE, UPLINK])

HARDENED = {
    "NoNewPrivileges": "yes",
    "CapabilityBoundingSet": "",
    "LimitCORE": "0",
    "ProtectProc": "invisible",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "UMask": "0077",
    "DevicePolicy": "closed",
    "RestrictNamespaces": "yes",
    "SystemCallArchitectures": "native",
    "SystemCallErrorNumber": "EPERM",
}
REACH = {"process_madvise", "process_vm_readv", "process_vm_writev", "kcmp", "userfaultfd"}
IO_URING = {"io_uring_setup", "io_uring_enter", "io_uring_register"}
OWN = {"seccomp", "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"}


def unit(name: str) -> dict[str, list[str]]:
    """Return the values of each key, in order of the file."""
    values: dict[str, list[str]] = {}
    for line in (UNITS / f"{name}.service").read_text().splitlines():
        if "=" in line and not line.startswith("#"):
            key, value = line.split("=", 1)
            values.setdefault(key, []).append(value)
    return values


def names_in(values: list[str]) -> set[str]:
    return {word for value in values for word in value.split()}


def columns(file: str) -> list[list[str]]:
    """Return the words of each line of a file for sysusers or tmpfiles."""
    lines = (UNITS / file).read_text().splitlines()
    return [re.sub('"[^"]*"', "-", line).split() for line in lines if not line.startswith("#")]


def needs(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(not shutil.which(program), reason=f"no {program} here")


@pytest.fixture
def startable(tmp_path: Path) -> list[str]:
    """Return copies of the units whose program is there."""
    copies = []
    for file in [*UNITS.glob("*.service"), *UNITS.glob("*.target")]:
        copy = tmp_path / file.name
        copy.write_text(file.read_text().replace("/opt/edgenode/bin/edgenode", sys.executable))
        copies.append(str(copy))
    assert len(copies) == 3
    return copies


@BOTH
def test_both_are_hardened(name: str) -> None:
    values = unit(name)

    assert {key: values.get(key, ["not there"])[-1] for key in HARDENED} == HARDENED


@pytest.mark.parametrize(
    ("name", "final"),
    [(SENSE, {Exit.DONE, Exit.WRONG, Exit.UNREADABLE}), (UPLINK, {Exit.WRONG})],
)
def test_recordings_that_ended_are_not_played_again_and_a_failed_plugin_is(
    name: str, final: set[Exit]
) -> None:
    values = unit(name)

    assert values["Restart"] == ["always"]
    assert {Exit(int(each)) for each in names_in(values["RestartPreventExitStatus"])} == final
    assert values["StartLimitIntervalSec"] == ["0"]


@BOTH
def test_calls_that_reach_into_other_processes_are_refused(name: str) -> None:
    allowed, *more = unit(name)["SystemCallFilter"]

    refused = names_in([value.removeprefix("~") for value in more if value.startswith("~")])

    assert names_in([allowed]) == {"@system-service"} | OWN
    assert refused >= REACH | IO_URING | {"@debug", "@privileged", "@keyring"}
    again = names_in([value for value in more if not value.startswith("~")])
    assert again <= {"sched_setaffinity", "sched_setscheduler", "setpriority"}


@needs("systemd-analyze")
def test_ptrace_and_pidfd_getfd_are_among_what_is_refused() -> None:
    listed = subprocess.run(
        ["systemd-analyze", "syscall-filter", "@debug"], capture_output=True, text=True, check=True
    )

    assert {"ptrace", "pidfd_getfd", "perf_event_open"} <= {*listed.stdout.split()}


def test_each_has_a_user_and_a_state_of_its_own() -> None:
    sense, uplink = unit(SENSE), unit(UPLINK)

    for values, name in ((sense, SENSE), (uplink, UPLINK)):
        assert values["User"] == values["StateDirectory"] == [name]
        assert values["StateDirectoryMode"] == ["0700"]
    made = columns("edgenode.sysusers")
    assert {name for kind, name, *_ in made if kind == "u"} == {SENSE, UPLINK}
    assert {name for kind, name, *_ in made if kind == "g"} == {GROUP}


def test_sense_may_only_connect_to_the_socket_and_only_sense() -> None:
    sense, uplink = unit(SENSE), unit(UPLINK)

    folder = str(Path(Handover().socket).parent)

    assert f"/run/{uplink['RuntimeDirectory'][0]}" == folder
    assert uplink["Group"] == [GROUP]
    assert uplink["RuntimeDirectoryMode"] == ["0750"]
    assert ["d", folder, "0750", UPLINK, GROUP] in columns("edgenode.tmpfiles")
    assert GROUP in names_in(sense["SupplementaryGroups"])
    assert GROUP not in sense["Group"]
    assert uplink["ExecStart"][0].endswith(f" --sense-user {sense['User'][0]}")
    assert "PrivateUsers" not in uplink


def test_the_folder_sense_has_mounted_stays_when_the_uplink_stops() -> None:
    assert unit(UPLINK)["RuntimeDirectoryPreserve"] == ["yes"]


def test_sense_has_no_network_and_of_run_only_what_it_needs() -> None:
    values = unit(SENSE)

    assert values["PrivateNetwork"] == ["yes"]
    assert values["IPAddressDeny"] == ["any"]
    assert values["RestrictAddressFamilies"] == ["AF_UNIX AF_NETLINK"]
    assert values["TemporaryFileSystem"] == ["/run:ro"]
    assert names_in(values["BindPaths"]) == {"/run/edgenode-sense"}
    seen = names_in(values["BindReadOnlyPaths"])
    assert seen == {"/run/edgenode", "-/run/udev", "-/run/systemd/notify"}


def test_the_uplink_has_no_devices() -> None:
    assert unit(UPLINK)["PrivateDevices"] == ["yes"]
    assert "DeviceAllow" not in unit(UPLINK)
    assert "SupplementaryGroups" not in unit(UPLINK)


def test_models_are_written_by_root_alone() -> None:
    folders = {line[1]: line[2:] for line in columns("edgenode.tmpfiles")}

    assert folders[str(SYSTEM)] == folders[str(SYSTEM.parent)] == ["0755", "root", "root"]


@BOTH
def test_the_command_is_one_of_ours(name: str) -> None:
    program, *arguments = unit(name)["ExecStart"][0].split()

    args = parser(arguments).parse_args(arguments)

    assert program == "/opt/edgenode/bin/edgenode"
    assert str(args.config) == "/etc/edgenode/edgenode.toml"


@needs("systemd-analyze")
def test_the_units_are_what_systemd_accepts(startable: list[str]) -> None:
    verdict = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *startable],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (verdict.returncode, verdict.stderr) == (0, "")


@needs("systemd-analyze")
@pytest.mark.parametrize(("name", "most"), [(SENSE, 8), (UPLINK, 13)])
def test_the_units_are_exposed_as_little_as_they_were(
    name: str, most: int, startable: list[str]
) -> None:
    (copy,) = (one for one in startable if one.endswith(f"{name}.service"))
    verdict = subprocess.run(
        [
            "systemd-analyze",
            "security",
            "--offline=true",
            f"--threshold={most}",
            "--no-pager",
            copy,
        ],
        capture_output=True,
        text=True,
        check=False,
    )

    assert verdict.returncode == 0, verdict.stdout


@needs("systemd-sysusers")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files to others")
def test_the_users_and_folders_can_be_made(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()

    for command in (
        ["systemd-sysusers", f"--root={tmp_path}", str(UNITS / "edgenode.sysusers")],
        ["systemd-tmpfiles", f"--root={tmp_path}", "--create", str(UNITS / "edgenode.tmpfiles")],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    assert (tmp_path / "run/edgenode").stat().st_mode & 0o7777 == 0o750
    users = (tmp_path / "etc/passwd").read_text()
    assert {SENSE, UPLINK} <= {line.split(":")[0] for line in users.splitlines()}


@pytest.mark.parametrize(
    ("name", "patience"), [(SENSE, ProcessTiming().reload), (UPLINK, Patience())]
)
def test_waiting_for_the_other_process_in_a_reload_is_not_taken_for_hanging(
    name: str, patience: Patience
) -> None:
    (watchdog,) = unit(name)["WatchdogSec"]

    assert patience.return_s + patience.answer_s + 10 < float(watchdog.removesuffix("s"))


@BOTH
def test_the_journal_has_each_under_its_own_name(name: str) -> None:
    assert unit(name)["SyslogIdentifier"] == [name]


def test_the_folders_that_are_asked_how_the_services_are_are_theirs() -> None:
    folders = [f"/run/{unit(name)['RuntimeDirectory'][0]}" for name in (UPLINK, SENSE)]

    assert [str(SERVICES[role]) for role in ("uplink", "sense")] == folders
