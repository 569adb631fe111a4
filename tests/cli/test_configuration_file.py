"""How commands take the configuration: one file, named alone or with --config."""

from pathlib import Path

import pytest

from edgenode.cli import main, parser

COMMANDS = ["check", "run", "sense", "uplink"]


@pytest.mark.parametrize("command", COMMANDS)
def test_the_file_is_named_alone_or_with_its_option(command: str) -> None:
    alone = parser([command]).parse_args([command, "my.toml"])
    option = parser([command]).parse_args([command, "--config", "my.toml"])

    assert alone.config == option.config == Path("my.toml")


@pytest.mark.parametrize("command", COMMANDS)
def test_without_one_it_is_that_of_the_services(command: str) -> None:
    args = parser([command]).parse_args([command])

    assert args.config == Path("/etc/edgenode/edgenode.toml")


@pytest.mark.parametrize("command", COMMANDS)
def test_two_files_are_one_too_many(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "one.toml", "--config", "two.toml"])

    assert ended.value.code == 2
    assert "argument --config: not allowed with argument FILE" in capsys.readouterr().err


@pytest.mark.parametrize("command", COMMANDS)
def test_a_file_that_is_not_there_is_one_line_with_the_cure(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "missing.toml"

    status = main([command, str(file)])

    assert status == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"{file}: no such file; `edgenode defaults` prints one" in line


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["my.toml"], "my.toml: not taken by reload"),
        (["--pid", "1", "my.toml"], "my.toml: not taken by reload"),
        ([], "--pid: missing"),
    ],
)
def test_a_reload_takes_none_and_says_what_to_type(
    arguments: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["reload", *arguments])

    assert status == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"edgenode: {named}; a process reads the file that it was started with")
    assert "`systemctl reload edgenode-sense`" in line
    assert "`kill -HUP PID`" in line


@pytest.mark.parametrize(
    ("words", "usage", "hint"),
    [
        (["run", "--foo"], "usage: edgenode run [-h]", "unrecognized arguments: --foo"),
        (["check", "--modls"], "usage: edgenode check [-h]", "--modls; did you mean '--models'?"),
        (["models", "list", "--jsn=1"], "usage: edgenode models list", "did you mean '--json'?"),
    ],
)
def test_what_a_command_does_not_know_is_told_with_its_own_usage(
    words: list[str], usage: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)

    printed = capsys.readouterr().err
    assert ended.value.code == 2
    assert printed.startswith(usage)
    assert hint in printed
