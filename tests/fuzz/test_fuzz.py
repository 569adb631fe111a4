"""The fuzzer finds what it is there to find."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

FUZZ = Path(__file__).parents[2] / "fuzz" / "all.py"

BAD = """
import os, signal, time

def cases(chance):
    for number in range(1000):
        yield b"%d of %d" % (number, chance.randrange(1000))

def try_one(case):
    number = int(case.split()[0])
    if number == 3:
        raise ZeroDivisionError("in the third")
    if number == 5:
        os.kill(os.getpid(), signal.SIGSEGV)
    if number == 7:
        bytearray(b"x") * 600_000_000
    if number == 9:
        time.sleep(60)
"""


def fuzz(folder: Path) -> tuple[int, dict[str, Any]]:
    (folder / "bad_reader.py").write_text(BAD)
    command = [
        sys.executable,
        str(FUZZ),
        "bad_reader",
        "--cases",
        "12",
        "--json",
        "--case-seconds",
        "2",
    ]
    environment = {"PYTHONPATH": str(folder)}
    command += ["--case-seconds", "8", "--found", str(folder / "found")]
    ended = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    return ended.returncode, json.loads(ended.stdout)["bad_reader"]


def test_what_no_reader_may_do_is_found_and_the_other_cases_are_tried(tmp_path: Path) -> None:
    status, outcome = fuzz(tmp_path)

    assert status == 1
    assert outcome["tried"] == 12
    assert [one["number"] for one in outcome["found"]] == [3, 5, 7, 9]
    words = [one["what"] for one in outcome["found"]]
    assert words[0] == "ZeroDivisionError: in the third"
    assert words[1] == "ended by signal 11"
    assert "at most 500 may be" in words[2]
    assert words[3].startswith("has not ended")
    kept = {file.name: file.read_bytes().split()[0] for file in (tmp_path / "found").iterdir()}
    assert kept == {f"bad_reader-1-{number}": b"%d" % number for number in (3, 5, 7, 9)}
