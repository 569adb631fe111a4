"""The command that runs the demo, in a process of its own."""

import subprocess
import sys

from edgenode.demo import scenario

DEMO = (sys.executable, "-m", "edgenode", "demo")
SPEECH = str(scenario.SCENE / scenario.SOUND)
"""The sound of the scene, as a recording of the user's own."""


def started(*command: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def next_line(running: "subprocess.Popen[bytes]") -> bytes:
    """Return the next line of its output; fail with what it says where it has ended."""
    assert running.stdout is not None
    assert running.stderr is not None
    line = running.stdout.readline()
    assert line, f"the demo has ended: {running.stderr.read().decode()}"
    return line
