from collections.abc import Callable

from edgenode.inspection import flat
from edgenode.inspection.mapping import Mapping, mapping

Build = Callable[..., bytes]


def mapped(build: Build, lines: str) -> Mapping:
    return mapping(flat.read(build(lines), "m").main)


def names(found: Mapping) -> tuple[list[str], list[str]]:
    """Return the outputs of the operators on the Edge TPU and of those on the CPU."""
    left = [one.operator for one in found.left]
    return [one.outputs[0].name for one in found.mapped], [one.outputs[0].name for one in left]


def test_a_model_of_supported_operators_maps_fully(build: Build) -> None:
    found = mapped(build, "RELU in:1x8 -> a:1x8\nTANH a -> b:1x8")

    assert names(found) == (["a", "b"], [])
    assert found.end is None


def test_what_comes_after_the_first_unsupported_operator_stays_on_the_cpu(build: Build) -> None:
    found = mapped(build, "RELU in:1x8 -> a:1x8\nEXP a -> b:1x8\nTANH b -> c:1x8")

    assert names(found) == (["a"], ["b", "c"])
    assert found.end is not None
    assert found.end.what == "EXP 'b' is not among its operators"
    assert [one.obstacles == () for one in found.left] == [False, True]


def test_a_branch_that_does_not_need_it_is_mapped_though_it_comes_later(build: Build) -> None:
    lines = """
    RELU in:1x8 -> a:1x8
    EXP a -> slow:1x8
    TANH a -> fast:1x8
    ADD slow fast -> out:1x8
    """

    found = mapped(build, lines)

    assert names(found) == (["a", "fast"], ["slow", "out"])


def test_unsupported_operators_at_the_start_do_not_keep_the_rest_from_it(build: Build) -> None:
    lines = """
    CAST in:1x8:uint8 -> a:1x8:float32
    QUANTIZE a -> b:1x8
    RELU b -> c:1x8
    DEQUANTIZE c -> out:1x8:float32
    """

    found = mapped(build, lines)

    assert names(found) == (["c"], ["a", "b", "out"])
    assert found.end is not None
    assert found.end.what.startswith("DEQUANTIZE works on float32 [1, 8] 'out'")


def test_of_two_parts_the_first_is_mapped_even_if_the_second_is_larger(build: Build) -> None:
    lines = "RELU in:1x8 -> a:1x8\nEXP a -> b:1x8\n" + "\n".join(
        f"RELU {one} -> {two}:1x8" for one, two in zip("bcdef", "cdefg", strict=True)
    )

    found = mapped(build, lines)

    assert names(found) == (["a"], ["b", "c", "d", "e", "f", "g"])


def test_where_nothing_can_be_mapped_nothing_is(build: Build) -> None:
    found = mapped(build, "EXP in:1x8 -> a:1x8")

    assert names(found) == ([], ["a"])
    assert found.end is None
