from collections.abc import Callable

import msgspec
import pytest

from edgenode import plugin as contract
from edgenode.config.allowed import allowed
from edgenode.errors import PluginError
from edgenode.sense import registry

Install = Callable[[str, str, str], None]

BUILT_IN = [(group, name) for group in registry.KINDS for name in registry.names(group)]


@pytest.mark.parametrize(("group", "name"), BUILT_IN)
def test_everything_built_in_loads_and_its_options_can_be_used(group: str, name: str) -> None:
    options = registry.options(group, name)

    assert issubclass(options, contract.Options)


@pytest.mark.parametrize(("group", "name"), BUILT_IN)
def test_no_option_of_anything_built_in_is_explained_by_a_pattern(group: str, name: str) -> None:
    fields = msgspec.structs.fields(registry.options(group, name))

    assert [field.name for field in fields if "matches" in allowed(field.type)] == []


def test_the_names_of_a_group_are_sorted() -> None:
    assert registry.names(registry.SOURCES) == ("camera", "microphone", "replay")


def test_an_unknown_name_is_told_with_the_nearest() -> None:
    with pytest.raises(PluginError) as caught:
        registry.plugin("object-detecton")

    message = "no plugin 'object-detecton' is installed; did you mean 'object-detection'?"
    assert str(caught.value) == message


def test_a_name_like_no_other_points_to_the_list() -> None:
    with pytest.raises(PluginError, match="see `edgenode plugins`"):
        registry.factory(registry.FILTERS, "x")


def test_a_strangers_filter_is_found_like_a_built_in_one(install: Install) -> None:
    install("keep-all", "[edgenode.filters]\nkeep-all = keep_all:make\n", """
        from edgenode import plugin

        class Mine(plugin.Options, frozen=True):
            often: int = 1

        def make(options: Mine) -> plugin.Filter:
            return lambda result: result
    """)  # fmt: skip

    factory, options = registry.factory(registry.FILTERS, "keep-all")

    result = contract.Result(captured_at=1.0)
    assert options.__name__ == "Mine"
    assert factory(options())(result) is result


def test_only_what_is_named_is_loaded(install: Install) -> None:
    install("breaks", "[edgenode.filters]\nbreaks = breaks:x\n", "raise RuntimeError\n")

    registry.factory(registry.FILTERS, "throttle")

    assert "breaks" in registry.names(registry.FILTERS)


def test_a_missing_module_is_told_with_distribution_and_cure(install: Install) -> None:
    install("lacking", "[edgenode.plugins]\nlacking = lacking:X\n", "import no_such_driver\n")

    with pytest.raises(PluginError) as caught:
        registry.plugin("lacking")

    assert str(caught.value) == (
        "plugin 'lacking' of lacking 1.0 does not load: ModuleNotFoundError: "
        "No module named 'no_such_driver'; install the package that has the module 'no_such_driver'"
    )


def test_whatever_a_strangers_module_raises_is_one_line(install: Install) -> None:
    install("raising", "[edgenode.sources]\nraising = raising:X\n", "raise ValueError('a\\nb')\n")

    with pytest.raises(PluginError) as caught:
        registry.source("raising")

    message = (
        "source 'raising' of raising 1.0 does not load: ValueError: a b; update or uninstall it"
    )
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("X = 3", "not a subclass of edgenode.plugin.Plugin"),
        ("from edgenode.plugin import Source as X", "not a subclass of edgenode.plugin.Plugin"),
        ("from edgenode.plugin import Plugin as X", "without decode, prepare"),
        (
            "from edgenode import plugin\nclass X(plugin.Plugin):\n    Options = plugin.Options",
            "its Options do not extend edgenode.plugin.PluginOptions",
        ),
        (
            (
                "from edgenode import plugin\nclass X(plugin.Plugin):\n"
                "    def prepare(self, sample): ...\n"
                "    def decode(self, outputs, sample): ..."
            ),
            "without 'takes': Frame, Audio or Result",
        ),
    ],
)
def test_what_is_no_plugin_is_refused(install: Install, code: str, message: str) -> None:
    # Python imports a module once: each code needs a name of its own.
    name = f"odd-{abs(hash(code))}"
    install(name, f"[edgenode.plugins]\nodd = {name.replace('-', '_')}:X\n", code)

    with pytest.raises(PluginError) as caught:
        registry.plugin("odd")

    assert f"of {name} 1.0 is" in str(caught.value)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("x = 3", "not a function that makes a filter"),
        ("def x(result): return result", "without a parameter 'options'"),
        ("def x(options: int): return None", "without a parameter 'options'"),
        ("def x(options: 'Nowhere'): return None", "annotated with what cannot be found"),
    ],
)
def test_what_is_no_filter_is_refused(install: Install, code: str, message: str) -> None:
    name = f"odd-{abs(hash(code))}"
    install(name, f"[edgenode.filters]\nodd = {name.replace('-', '_')}:x\n", code)

    with pytest.raises(PluginError, match=message):
        registry.factory(registry.FILTERS, "odd")


def test_options_that_msgspec_cannot_use_are_refused_here_and_not_later(install: Install) -> None:
    install("limit", "[edgenode.filters]\nlimit = limit:make\n", """
        from typing import Annotated
        from msgspec import Meta
        from edgenode import plugin

        class Mine(plugin.Options, frozen=True):
            rate: Annotated[float | None, Meta(gt=0)] = None

        def make(options: Mine) -> plugin.Filter:
            return lambda result: result
    """)  # fmt: skip

    with pytest.raises(PluginError, match="its options cannot be used"):
        registry.factory(registry.FILTERS, "limit")


def test_a_name_that_two_distributions_claim_is_nobodys(install: Install) -> None:
    install("first-one", "[edgenode.filters]\nboth = first_one:x\n", "")
    install("second-one", "[edgenode.filters]\nboth = second_one:x\n", "")

    with pytest.raises(PluginError) as caught:
        registry.factory(registry.FILTERS, "both")

    message = "filter 'both' is claimed by first-one 1.0 and second-one 1.0; uninstall one of them"
    assert str(caught.value) == message
