"""The command that runs the demo, in a process of its own."""

import subprocess
import sys

from edgenode.demo import scenario

DEMO = (sys.executable, "-m", "edgenode", "demo")
SPEECH = str(scenario.SCENE / scenario.SOUND)
"""The sound of the scene, as a recording of the user's own."""


def started(*command: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
