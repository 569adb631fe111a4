from collections.abc import Callable

import pytest

from edgenode.errors import ModelError
from edgenode.inspection import flat
from edgenode.inspection.package import packages

Build = Callable[..., bytes]
LINE = "edgetpu-custom-op in:1x8 -> out:1x8"


def test_a_package_tells_what_it_needs_and_what_is_cached_and_streamed(
    build: Build, compiled: Callable[..., bytes]
) -> None:
    options = compiled(cached=100, streamed=20, token=2**63 + 5, runtime=14)

    (package,) = packages(flat.read(build(LINE, **{"edgetpu-custom-op": options}), "m"), "m")

    assert (package.minimum_runtime, package.compiler) == (14, "of the test")
    assert (package.cached, package.streamed, package.token) == (100, 20, 2**63 + 5)
    assert [one.kind for one in package.executables] == ["execution-only", "parameter-caching"]


def test_a_model_that_is_not_compiled_has_no_packages(build: Build) -> None:
    assert packages(flat.read(build("RELU in:1x8 -> out:1x8"), "m"), "m") == ()


@pytest.mark.parametrize("options", [b"", b"rubbish", bytes(64)])
def test_a_damaged_package_is_named_with_the_cure(build: Build, options: bytes) -> None:
    model = flat.read(build(LINE, **{"edgetpu-custom-op": options}), "m")

    with pytest.raises(ModelError, match=r"^m: what the Edge TPU compiler has put in is damaged"):
        packages(model, "m")
