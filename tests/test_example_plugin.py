"""The worked example of a third party's package, installed with pip, used as a stranger would."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parent / "example_plugin"

Python = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Python:
    """Return a function that runs Python with the example installed beside edgenode."""
    target = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    pip += ["--no-deps", "--no-build-isolation", "--no-index", "--target", str(target)]
    subprocess.run([*pip, str(EXAMPLE)], check=True, timeout=100)

    def run(*args: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *args],
            env={**os.environ, "PYTHONPATH": str(target)},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    return run


@pytest.fixture
def config(tmp_path: Path) -> Path:
    readme = (EXAMPLE / "README.md").read_text()
    (toml,) = re.findall(r"```toml\n(.*?)```", readme, re.DOTALL)
    file = tmp_path / "edgenode.toml"
    file.write_text(toml)
    return file


def test_it_is_found_like_a_built_in_one(python: Python) -> None:
    code = """
from edgenode.sense import registry
print(registry.source("chequer").__module__, registry.plugin("brightness").__module__)
"""

    done = python("-c", code)

    assert done.stdout == "chequer.source chequer.brightness\n", done.stderr


def test_it_is_listed_with_its_options(python: Python) -> None:
    done = python("-m", "edgenode", "plugins", "brightness", "--json")

    (entry,) = json.loads(done.stdout)
    options = {option["name"]: option for option in entry["options"]}
    assert entry["from"] == "edgenode-chequer 1.0.0"
    assert entry["summary"] == (
        "Measures the mean brightness of a frame, and detects its bright part."
    )
    assert options["threshold"]["type"] == "a number from 0 to 1"
    assert options["source"]["required"]


def test_the_configuration_in_its_readme_is_right(python: Python, config: Path) -> None:
    done = python("-m", "edgenode", "check", str(config))

    assert (done.returncode, done.stdout) == (0, f"ok: {config}, 1 sources, 3 plugins\n")


def test_its_options_are_checked_like_any_others(python: Python, config: Path) -> None:
    config.write_text(config.read_text().replace("threshold = 0.6", "threshold = 6"))

    done = python("-m", "edgenode", "check", str(config))

    says = f"{config}: plugins.light.threshold = 6: must be a number from 0 to 1\n"
    assert (done.returncode, done.stderr) == (2, says)


def test_without_it_the_configuration_names_what_is_missing(config: Path) -> None:
    bare = [sys.executable, "-m", "edgenode", "check", str(config)]

    done = subprocess.run(bare, capture_output=True, text=True, check=False, timeout=60)

    assert done.returncode == 2
    assert "no source 'chequer' is installed" in done.stderr
    assert "no plugin 'brightness' is installed" in done.stderr


def test_the_test_in_its_readme_passes(python: Python) -> None:
    readme = (EXAMPLE / "README.md").read_text()
    (code,) = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)

    done = python("-W", "error", "-c", code)

    assert done.returncode == 0, done.stderr


def test_its_source_and_its_plugin_work_together(python: Python) -> None:
    code = """
import json
from msgspec.structs import astuple
from chequer import Brightness, Chequer
from edgenode.testing import drive

with Chequer(Chequer.Options(fields=4, rate_hz=100, frames=6)) as source:
    results = drive(Brightness(Brightness.Options(source="board")), list(source.samples()))
for result in results:
    measurement, detection = result.findings
    print(json.dumps([measurement.value, detection.label, *astuple(detection.box)]))
"""

    done = python("-c", code)

    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [label for _, label, *_ in found] == ["bright"] * 6
    assert found[5][2:] == [0.25, 0.25, 0.5, 0.5]


def test_agreement_counts_whatever_has_a_label_and_no_measurement(python: Python) -> None:
    code = """
from chequer import Agreement
from edgenode import plugin
from edgenode.testing import drive

found = (plugin.Keyword("on", 0.9), plugin.Category("cat", 0.9), plugin.Measurement("lux", 9.0))
agreement = Agreement(Agreement.Options(sources=("ears", "eyes", "meter")))
results = [
    plugin.Result(captured_at=1.0, findings=(one,), plugin=name)
    for name, one in zip(("ears", "eyes", "meter"), found)
]
print([result.findings[0].value for result in drive(agreement, results)])
"""

    done = python("-c", code)

    assert (done.stdout, done.stderr) == ("[1.0, 2.0, 2.0]\n", "")


def test_a_plugin_that_reads_findings_makes_one_measurement_of_two_plugins(
    python: Python, config: Path
) -> None:
    config.write_text(
        config.read_text().replace('"chequer"', '"chequer"\nrate_hz = 50\nframes = 5')
    )
    code = """
import sys
from pathlib import Path
from edgenode import config
from edgenode.sense.planning import plan
from edgenode.sense.sense import Sense

found = []
sense = Sense(lambda record, _: found.append(record))
sense.apply(plan(config.read(Path(sys.argv[1]), secrets=False)))
while not sense.finished:
    sense.changed.wait(0.1)
    sense.changed.clear()
print(sense.faults())
print(max(measured.value for record in found if record.plugin == "both"
          for measured in record.result.findings))
"""

    done = python("-c", code, str(config))

    assert done.returncode == 0, done.stderr
    # The field is bright enough for the one and never for the other.
    assert done.stdout.splitlines() == ["([], [])", "1.0"]
