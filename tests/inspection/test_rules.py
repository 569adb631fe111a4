from collections.abc import Callable

import pytest

from edgenode.errors import ModelError
from edgenode.inspection import flat, rules
from edgenode.inspection.rules import Report, RuleResult

Build = Callable[..., bytes]


def checked(build: Build, lines: str) -> Report:
    return rules.check(flat.read(build(lines), "m"), "m")


def broken(report: Report) -> list[RuleResult]:
    return [one for one in report.results if one.verdict != "ok" and one.rule != "one part"]


def test_a_model_that_keeps_all_rules_is_ok_in_each(build: Build) -> None:
    report = checked(build, "CONV_2D in:1x8x8x3 w=4x3x3x3 b=4:int32 -> out:1x8x8x4")

    assert report.verdict == "ok"
    assert [one.verdict for one in report.results] == ["ok"] * len(rules.RULES)


def test_a_float_model_is_refused_and_its_first_float_tensor_named(build: Build) -> None:
    report = checked(build, "RELU in:1x8:float32 -> a:1x8:float32\nTANH a -> b:1x8:float32")

    (eight_bits,) = broken(report)
    assert report.verdict == "refused"
    assert (eight_bits.rule, eight_bits.what) == (
        "8 bits",
        "RELU works on float32 [1, 8] 'in' (and 1 more)",
    )
    assert "representative_dataset" in eight_bits.cure
    assert report.results[-1].what == "nothing would run on the Edge TPU"


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        ("FULLY_CONNECTED in:1x8 w=4x8:float32 -> out:1x4", "float32 [4, 8] 'w'"),
        ("FULLY_CONNECTED in:1x8:int16 w=4x8 -> out:1x4:int16", "int16 [1, 8] 'in'"),
    ],
)
def test_float_weights_and_activations_of_16_bits_are_not_8_bits(
    build: Build, lines: str, what: str
) -> None:
    report = checked(build, lines)

    (eight_bits,) = broken(report)
    assert (eight_bits.rule, eight_bits.what) == ("8 bits", f"FULLY_CONNECTED works on {what}")


def test_the_state_inside_of_an_lstm_may_be_of_16_bits(build: Build) -> None:
    lines = "UNIDIRECTIONAL_SEQUENCE_LSTM in:1x4x8 w=6x8 r=6x6 c~1x6:int16 -> out:1x4x6"

    report = checked(build, lines)

    assert (report.verdict, report.runtime) == ("ok", 14)


def test_an_open_batch_is_taken_as_1_and_said(build: Build) -> None:
    report = checked(build, "RELU in:?x8 -> out:?x8")

    sizes = report.results[1]
    assert (report.verdict, sizes.verdict) == ("ok", "ok")
    assert sizes.what == "the batch of int8 [1, 8] 'in' is open and taken as 1"


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        ("RELU in:1x?x8 -> out:1x?x8", "int8 [1, ?, 8] 'in' is of open size (and 1 more)"),
        (
            "RESHAPE in:1x8 shape:2:int8 -> out:2x4",
            "RESHAPE 'out' computes its size (and 1 more)",
        ),
    ],
)
def test_another_open_size_is_refused(build: Build, lines: str, what: str) -> None:
    report = checked(build, f"{lines}\nRELU in -> out2:1x?x8")

    (sizes,) = broken(report)
    assert (report.verdict, sizes.rule, sizes.verdict) == ("refused", "constant sizes", "refused")
    assert sizes.what == what
    assert "batch_size=1" in sizes.cure


def test_a_fourth_dimension_above_1_stays_on_the_cpu(build: Build) -> None:
    report = checked(build, "RELU in:1x8 -> a:1x8\nRESHAPE a s=[2,2,2,1] -> out:2x2x2x1")

    (dimensions,) = broken(report)
    assert (report.verdict, dimensions.rule) == ("partly", "three dimensions")
    assert dimensions.what == "RESHAPE works on int8 [2, 2, 2, 1] 'out'"


def test_state_is_refused_with_what_to_do_instead(build: Build) -> None:
    lines = """
    CALL_ONCE ->
    VAR_HANDLE -> handle:1:resource
    READ_VARIABLE handle -> last:1x4
    CONCATENATION last in:1x4 -> both:1x8
    ASSIGN_VARIABLE handle in ->
    ---
    VAR_HANDLE -> other:1:resource
    """

    report = checked(build, lines)

    state, calls = broken(report)
    assert report.verdict == "refused"
    assert (state.rule, calls.rule) == ("state", "control flow")
    assert state.what == "VAR_HANDLE 'handle' keeps state in a resource variable (and 2 more)"
    assert "run it on the CPU" in state.cure
    assert "keep the state outside" in state.cure
    assert calls.what == "CALL_ONCE calls another graph of the file"


def test_control_flow_is_refused(build: Build) -> None:
    report = checked(build, "WHILE in:1x8 -> out:1x8\n---\nRELU a:1x8 -> b:1x8")

    (calls,) = broken(report)
    assert (report.verdict, calls.rule, calls.verdict) == ("refused", "control flow", "refused")


def test_a_custom_operator_at_the_end_stays_on_the_cpu(build: Build) -> None:
    report = checked(build, "RELU in:1x8 -> a:1x8\nmy-decoder a -> b:1x8:float32")

    (custom,) = broken(report)
    assert (report.verdict, custom.rule) == ("partly", "custom operators")
    assert custom.what == "my-decoder 'b' is a custom operator"
    assert "the runtime of a node does not have it" in custom.cure


def test_the_one_part_ends_where_the_reason_is_told_and_the_rest_counted(build: Build) -> None:
    report = checked(build, "RELU in:1x8 -> a:1x8\nELU a -> b:1x8\nRELU b -> c:1x8")

    part = report.results[-1]
    assert (part.rule, part.verdict) == ("one part", "partly")
    assert part.what == (
        "ELU 'b' is not among its operators: there the Edge TPU's part ends;"
        " of what is left, 1 could be mapped"
    )
    assert part.cure == "use RELU or RELU6"


def test_every_rule_that_an_operator_breaks_is_told(build: Build) -> None:
    report = checked(build, "LEAKY_RELU in:1x?x8:float32 -> out:1x?x8:float32")

    assert [one.rule for one in broken(report)] == ["8 bits", "constant sizes", "operators"]
    assert broken(report)[1].what == "float32 [1, ?, 8] 'in' is of open size"


def test_every_limit_that_an_operator_exceeds_is_told(build: Build) -> None:
    report = checked(
        build,
        "FULLY_CONNECTED in:2x8 w:4x8 -> out:2x4 FullyConnectedOptions.WeightsFormat=1",
    )

    assert [one.rule for one in broken(report)] == ["limits"] * 3
    assert [one.what.partition(": ")[2] for one in broken(report)] == [
        "its weights and biases must be constant",
        "its weights must be in the default format",
        "its output must be one-dimensional",
    ]


def test_operators_that_need_different_cures_are_told_one_by_one(build: Build) -> None:
    report = checked(
        build,
        """
        ELU in:1x8 -> a:1x8
        HARD_SWISH a -> b:1x8
        DEPTH_TO_SPACE b -> c:1x8
        """,
    )

    first, second = broken(report)
    assert first.what == "ELU 'a' is not among its operators (and 1 more)"
    assert second.what == "DEPTH_TO_SPACE 'c' is not among its operators"
    assert (first.cure, second.cure) == ("use RELU or RELU6", "use a transposed convolution")


def test_an_operator_of_tensorflow_is_told_to_load_nowhere(build: Build) -> None:
    report = checked(build, "RELU in:1x8 -> a:1x8\nFlexErf a -> b:1x8:float32")

    (custom,) = broken(report)
    assert custom.what == "FlexErf 'b' is TensorFlow's own (Erf), not TFLite's"
    assert "without SELECT_TF_OPS" in custom.cure
    assert "does not load on a node" in custom.cure


def test_the_post_processing_of_detections_needs_no_cure(build: Build) -> None:
    lines = "RELU in:1x8 -> a:1x8\nTFLite_Detection_PostProcess a -> b:1x8:float32"

    (custom,) = broken(checked(build, lines))

    assert custom.cure.startswith("none is needed: at the end of a model it runs on the CPU")


def test_a_detector_that_suppresses_boxes_itself_is_told_why_it_does_not_map(build: Build) -> None:
    report = checked(
        build,
        """
        CONV_2D in:1x8x8x3 w=4x3x3x3 bias=4:int32 -> a:1x8x8x4
        BATCH_MATMUL a a -> b:1x8x8x4
        RESHAPE b shape=[1,64,4] -> c:1x64x4
        TOPK_V2 c k=[3] -> best:1x64x3 places:1x64x3:int32
        GATHER_ND c places -> out:1x3x4
        """,
    )

    attention, choice = broken(report)
    assert attention.what == "BATCH_MATMUL 'b' is not among its operators"
    assert "attention layer (YOLO11, YOLO12 and YOLO26" in attention.cure
    assert choice.what == "TOPK_V2 'best' is not among its operators (and 1 more)"
    assert "export it with end2end=False, nms=False" in choice.cure
    assert report.results[-1].what == (
        "BATCH_MATMUL 'b' is not among its operators: there the Edge TPU's part ends;"
        " of what is left, 1 could be mapped"
    )


def test_a_large_reshape_is_said_to_be_uncertain(build: Build) -> None:
    small, large = (f"RESHAPE in:1x{n}x100 s=[1,{100 * n}] -> out:1x{100 * n}" for n in (99, 1001))

    limits = [checked(build, line).results[7] for line in (small, large)]

    assert [one.verdict for one in limits] == ["ok", "ok"]
    assert limits[0].what == ""
    assert limits[1].what.startswith("RESHAPE 'out' is large, 100100 elements")


def test_a_compiled_model_is_sent_to_inspect(build: Build) -> None:
    with pytest.raises(ModelError, match="m: compiled for the Edge TPU already; see `edgenode mod"):
        checked(build, "edgetpu-custom-op in:1x8 -> out:1x8")
