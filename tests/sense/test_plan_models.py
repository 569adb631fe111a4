"""The models of a plan: the right one for the plugin, its labels, and a file for the device."""

from collections.abc import Callable
from typing import TypeAlias

from edgenode.sense.plan import Plan
from tests.sense.plans import GOOD, unusable

Planned: TypeAlias = Callable[[str], tuple[Plan, list[str]]]


def test_a_model_for_another_task_is_a_model_error(planned: Planned) -> None:
    made, faults = planned(GOOD.replace("coco-ssd-mobilenet-v1", "movenet-lightning"))

    assert faults == [
        (
            "plugins.people.model = 'movenet-lightning': is for pose-estimation, but this plugin "
            "needs one for object-detection; see `edgenode models list`"
        )
    ]
    assert unusable(made, "people").fate == "model-error"


def test_a_plugin_with_a_task_needs_a_model(planned: Planned) -> None:
    _, faults = planned(GOOD.replace('model = "coco-ssd-mobilenet-v1"', ""))

    assert faults == [
        "plugins.people.model: missing: a model for object-detection, see `edgenode models list`"
    ]


def test_only_a_model_for_the_plugin_is_suggested(planned: Planned) -> None:
    _, faults = planned(GOOD.replace("coco-ssd-mobilenet-v1", "ssd-movenet-lightning"))

    (fault,) = faults
    assert fault.endswith("no model 'ssd-movenet-lightning'; see `edgenode models list`")


def test_a_plugin_without_a_task_takes_no_model(planned: Planned) -> None:
    _, faults = planned(
        '[sources.mic]\nuse="fake-mic"\n[plugins.x]\nuse="loudness"\nsource="mic"\nmodel="kws-ref"\n'
    )

    assert faults == ["plugins.x.model = 'kws-ref': this plugin has no model; remove the key"]


def test_labels_must_be_the_models(planned: Planned) -> None:
    _, faults = planned("""
        [sources.mic]
        use = "fake-mic"
        [plugins.words]
        use = "keyword-spotting"
        source = "mic"
        model = "kws-ref"
        labels = ["yes", "stp"]
        threshold = { default = 0.5, yess = 0.7 }
    """)

    assert faults == [
        "plugins.words.labels[1] = 'stp': no label of model 'kws-ref'; did you mean 'stop'?",
        "plugins.words.threshold.yess = 'yess': no label of model 'kws-ref'; did you mean 'yes'?",
    ]


def test_a_device_that_there_is_not_is_told_with_those_there_are(planned: Planned) -> None:
    _, faults = planned(GOOD.replace("filters", 'device = "coral"\nfilters'))

    assert faults == [
        "plugins.people.device = 'coral': must be 'auto', 'cpu', 'edgetpu' or 'edgetpu:N'"
    ]


def test_a_model_that_has_no_file_for_the_device_is_a_fault(planned: Planned) -> None:
    made, faults = planned(GOOD + '    device = "edgetpu"\n')

    (fault,) = faults
    assert fault.startswith("plugins.people.model = 'coco-ssd-mobilenet-v1': ")
    assert "is not compiled for the Edge TPU: use another" in fault
    assert unusable(made, "people").fate == "model-error"
