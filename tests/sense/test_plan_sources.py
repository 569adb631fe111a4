"""The sources of a plan: of what kind they are, where their files lie, and what is wrong."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from edgenode.sense.plan import Plan

Planned: TypeAlias = Callable[[str], tuple[Plan, list[str]]]


def test_a_source_must_yield_what_the_plugin_takes(planned: Planned) -> None:
    _, faults = planned("""
        [sources.front]
        use = "camera"
        [sources.mic]
        use = "ear"
        [plugins.loud]
        use = "loudness"
        source = "front"
    """)

    assert faults == [
        (
            "plugins.loud.source = 'front': yields frames, but this plugin takes audio; "
            "of that kind: mic"
        )
    ]


@pytest.mark.parametrize(("path", "count"), [("a.wav", 0), ("a.png", 1)])
def test_a_recording_yields_what_its_file_holds(planned: Planned, path: str, count: int) -> None:
    _, faults = planned(f"""
        [sources.tape]
        use = "recording"
        path = "{path}"
        [plugins.loud]
        use = "loudness"
        source = "tape"
    """)

    assert len(faults) == count


def test_a_relative_path_of_a_source_is_beside_the_file(planned: Planned, tmp_path: Path) -> None:
    made, _ = planned('[sources.tape]\nuse = "recording"\npath = "a.wav"\n')

    assert made.sources["tape"].options.path == str(tmp_path / "a.wav")


def test_a_source_that_cannot_be_made_is_a_fault(planned: Planned) -> None:
    _, faults = planned('[sources.x]\nuse = "refuses"\n[plugins.y]\nuse="loudness"\nsource="x"\n')

    assert faults == ["sources.x: not on a Tuesday"]
