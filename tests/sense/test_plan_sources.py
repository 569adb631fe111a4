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
        use = "fake-mic"
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


def test_only_a_source_that_the_plugin_can_take_is_suggested(planned: Planned) -> None:
    _, faults = planned("""
        [sources.front]
        use = "camera"
        [sources.frond]
        use = "fake-mic"
        [plugins.loud]
        use = "loudness"
        source = "frnt"
    """)

    assert faults == ["plugins.loud.source = 'frnt': no such source; did you mean 'frond'?"]


def test_a_kind_of_sample_that_a_stranger_brings_is_told_by_its_own_title(
    planned: Planned, install: Callable[[str, str, str], None]
) -> None:
    install("thermo", """
        [edgenode.sources]
        thermometer = thermo:Thermometer
        [edgenode.plugins]
        fever = thermo:Fever
    """, """
        from edgenode import plugin

        class Temperature:
            title, capacity, nbytes, captured_at = "temperatures", 10, 8, 0.0

        class Thermometer(plugin.Source):
            yields = Temperature
            def open(self): ...
            def close(self): ...
            def samples(self): ...

        class Fever(plugin.Plugin):
            takes = Temperature
            def prepare(self, sample): ...
            def decode(self, outputs, sample): ...
    """)  # fmt: skip

    _, faults = planned("""
        [sources.wall]
        use = "thermometer"
        [plugins.ill]
        use = "fever"
        source = "wall"
        [plugins.loud]
        use = "loudness"
        source = "wall"
    """)

    assert faults == [
        (
            "plugins.loud.source = 'wall': yields temperatures, but this plugin takes audio; "
            "add such a source"
        )
    ]


def test_a_source_that_yields_no_kind_of_sample_is_a_fault(
    planned: Planned, install: Callable[[str, str, str], None]
) -> None:
    install("numbers-only", "[edgenode.sources]\nnumbers = numbers_only:Numbers\n", """
        from edgenode import plugin

        class Numbers(plugin.Source):
            yields = int
            def open(self): ...
            def close(self): ...
            def samples(self): ...
    """)  # fmt: skip

    _, faults = planned('[sources.x]\nuse = "numbers"\n[plugins.y]\nuse="loudness"\nsource="x"\n')

    assert faults == ["sources.x: yields <class 'int'>, no kind of sample; ask its author"]


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
