"""A configuration made a plan: what is typed, and all its faults with the cure."""

from collections.abc import Callable
from typing import TypeAlias

import pytest

from edgenode import plugin
from edgenode.errors import PluginError
from edgenode.sense.plan import Plan, PluginPlan, SourcePlan
from edgenode.sense.planning import typed
from edgenode.sense.plugins.object_detection import ObjectDetection
from edgenode.sense.sources.camera import Camera
from tests.sense.plans import GOOD, unusable

Planned: TypeAlias = Callable[[str], tuple[Plan, list[str]]]


def test_a_good_configuration_is_typed(planned: Planned) -> None:
    made, faults = planned(GOOD)

    front, people = made.sources["front"], made.plugins["people"]
    assert faults == []
    assert isinstance(front, SourcePlan)
    assert front.cls is Camera
    assert isinstance(people, PluginPlan)
    assert people.cls is ObjectDetection
    assert (people.source, people.model) == ("front", "coco-ssd-mobilenet-v1")
    assert people.options == ObjectDetection.Options(
        source="front",
        model="coco-ssd-mobilenet-v1",
        filters=({"use": "throttle", "seconds": 2},),
    )
    assert [use.name for use in people.filters] == ["throttle"]
    assert people.filters[0].make()(plugin.Result(captured_at=1.0)) is not None


def test_the_same_configuration_gives_an_equal_plan_and_another_threshold_does_not(
    planned: Planned,
) -> None:
    first, _ = planned(GOOD)
    again, _ = planned(GOOD)
    other, _ = planned(GOOD.replace("filters", "threshold = 0.9\nfilters"))

    assert again.plugins == first.plugins
    assert again.sources == first.sources == other.sources
    assert other.plugins != first.plugins


def test_the_plan_carries_the_digest(planned: Planned) -> None:
    made, _ = planned(GOOD)

    assert len(made.digest) == 12


def test_one_wrong_plugin_leaves_the_others_alone(planned: Planned) -> None:
    made, faults = planned(GOOD + """
    [plugins.pets]
    use = "object-detecton"
    source = "front"
    """)  # fmt: skip

    message = (
        "plugins.pets.use = 'object-detecton': no plugin 'object-detecton' is installed; "
        "did you mean 'object-detection'?"
    )
    assert faults == [message]
    assert isinstance(made.plugins["people"], PluginPlan)
    pets = unusable(made, "pets")
    assert (pets.error, pets.fate) == (message, "load-error")


def test_everything_wrong_with_a_plugin_is_told_at_once(planned: Planned) -> None:
    made, faults = planned("""
        [sources.front]
        use = "camera"
        [plugins.people]
        use = "object-detection"
        source = "frnt"
        model = "coco-ssd-mobilenet-v"
        thresold = 0.3
        filters = [{ use = "throttel" }, { use = "throttle", seconds = 0 }, { seconds = 1 }]
    """)

    assert faults == [
        "plugins.people.thresold = 0.3: unknown key; did you mean 'threshold'?",
        "plugins.people.source = 'frnt': no such source; did you mean 'front'?",
        (
            "plugins.people.filters[0].use = 'throttel': no filter 'throttel' is installed; "
            "did you mean 'throttle'?"
        ),
        "plugins.people.filters[1].seconds = 0: must be a number above 0",
        "plugins.people.filters[2].use: missing: the name of what it is, see `edgenode plugins`",
        (
            "plugins.people.model = 'coco-ssd-mobilenet-v': no model 'coco-ssd-mobilenet-v'; "
            "did you mean 'coco-ssd-mobilenet-v1'?"
        ),
    ]
    assert unusable(made, "people").fate == "config-error"


def test_a_plugin_shares_the_fate_of_its_source_which_is_told_once(planned: Planned) -> None:
    made, faults = planned(GOOD.replace('"camera"', '"camrea"'))

    assert len(faults) == 1
    assert faults[0].startswith("sources.front.use = 'camrea': no source 'camrea'")
    people = unusable(made, "people")
    assert (people.error, people.fate) == (faults[0], "load-error")


def test_a_source_with_wrong_options_is_a_config_error(planned: Planned) -> None:
    made, faults = planned(GOOD.replace('"camera"', '"camera"\n    sise = [1, 2]'))

    assert faults == ["sources.front.sise = [1, 2]: unknown key; did you mean 'size'?"]
    assert unusable(made, "people").fate == "config-error"


@pytest.mark.parametrize("use", ["", "use = 3"])
def test_a_table_must_say_what_it_is(planned: Planned, use: str) -> None:
    made, faults = planned(f'[sources.mic]\nuse = "fake-mic"\n[plugins.x]\n{use}\nsource = "mic"\n')

    assert len(faults) == 1
    assert faults[0].startswith("plugins.x.use")
    assert made.plugins["x"].source == "mic"


@pytest.mark.parametrize(
    ("right", "empty"),
    [
        ('model = "coco-ssd-mobilenet-v1"', "model = ''"),
        ('source = "front"', "source = ''"),
        ('use = "object-detection"', "use = ''"),
    ],
)
def test_what_is_there_and_empty_is_told_to_be_empty_and_not_to_be_missing(
    planned: Planned, right: str, empty: str
) -> None:
    _, faults = planned(GOOD.replace(right, empty))

    assert [fault.startswith(f"plugins.people.{empty}: is empty: ") for fault in faults] == [True]


def test_a_secret_in_any_table_is_refused_and_never_shown(planned: Planned) -> None:
    made, faults = planned("""
        [sources.front]
        use = "camera"
        token = "geheim"
        [plugins.loud]
        use = "loudness"
        source = "front"
        passwort = "geheim"
        filters = [{ use = "throttle", api_key = "geheim" }]
    """)

    text = "".join(faults) + unusable(made, "loud").error
    assert [fault.partition(":")[0] for fault in faults] == [
        "sources.front.token = (hidden)",
        "plugins.loud.passwort = (hidden)",
        "plugins.loud.filters[0].api_key = (hidden)",
    ]
    assert "geheim" not in text


def test_filters_that_are_no_tables_are_told(planned: Planned) -> None:
    _, faults = planned(
        GOOD.replace('{ use = "throttle", seconds = 2 }', '"throttle", { use = 3 }')
    )

    assert faults == [
        "plugins.people.filters[0] = 'throttle': must be a table",
        "plugins.people.filters[1].use = 3: must be a name in quotes, see `edgenode plugins`",
    ]


def test_a_configuration_with_nothing_to_run_is_told(planned: Planned) -> None:
    _, faults = planned('[sources.front]\nuse = "camera"\n')

    assert faults == ["plugins: nothing to run; add a table such as [plugins.people]"]


def test_a_plugins_own_filters_are_typed_the_same_way() -> None:
    uses = (plugin.Use("labels", {"labels": ("person",)}), plugin.Use("throttle", {"seconds": 1}))

    chain = typed(uses)

    assert [use.name for use in chain] == ["labels", "throttle"]
    with pytest.raises(PluginError, match=r"filter throttle\.second = 1: unknown key"):
        typed([plugin.Use("throttle", {"second": 1})])


def test_triggers_are_typed_and_checked_as_filters_are(planned: Planned) -> None:
    good, none = planned(GOOD + '    triggers = [{ use = "pace", rate_hz = 2 }]\n')
    _, faults = planned(GOOD + '    triggers = [{ use = "pase" }, { use = "pace" }]\n')

    people = good.plugins["people"]
    assert isinstance(people, PluginPlan)
    assert ([each.name for each in people.triggers], none) == (["pace"], [])
    assert faults == [
        (
            "plugins.people.triggers[0].use = 'pase': no trigger 'pase' is installed; "
            "did you mean 'pace'?"
        ),
        (
            "plugins.people.triggers[1].rate_hz: missing: a number from 0.0001 to 1000, "
            "most inferences per second"
        ),
    ]


def test_a_plugin_of_samples_names_one_source_and_no_plugins(planned: Planned) -> None:
    _, faults = planned(GOOD.replace('source = "front"', 'sources = ["people"]'))

    assert faults == [
        (
            "plugins.people.sources = ['people']: this plugin takes frames, no findings; "
            "name one source"
        ),
        "plugins.people.source: missing: text, name of a table under [sources]",
    ]


def test_a_plugin_that_is_not_in_the_plan_has_no_source() -> None:
    assert Plan(sources={}, plugins={}).source_of("gone") is None
