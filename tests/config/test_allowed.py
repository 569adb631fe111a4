import enum
from datetime import datetime
from typing import Annotated, Any, Literal

import pytest
from msgspec import Meta, structs

from edgenode.config import Handover, Health, Models, Mqtt, Node, Outbox
from edgenode.config.allowed import allowed, description, one_of
from edgenode.config.tables import Table
from edgenode.paths import FilePath
from edgenode.values import exactly


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@pytest.mark.parametrize(
    ("annotation", "text"),
    [
        (int, "an integer"),
        (Annotated[int, Meta(ge=5, le=3600)], "an integer from 5 to 3600"),
        (Annotated[float, Meta(gt=0, lt=1)], "a number above 0 and below 1"),
        (
            Annotated[Annotated[float, Meta(le=2)] | None, Meta(description="x")],
            "a number at most 2",
        ),
        (bool, "true or false"),
        (str, "text"),
        (Annotated[str, Meta(min_length=1)], "text of at least 1 characters"),
        (Annotated[str, Meta(pattern="^a+$")], "text that matches '^a+$'"),
        (Annotated[str, Meta(pattern="^a+$", examples=["a", "aa"])], "text like 'a' or 'aa'"),
        (Annotated[str, exactly("a+", "some a")], "some a"),
        (Annotated[str, exactly("a+", "some a"), Meta(examples=["a"])], "some a, such as 'a'"),
        (
            Annotated[Annotated[str, exactly("a+", "some a")] | None, Meta(examples=["a"])],
            "some a, such as 'a'",
        ),
        (Literal["a", "b", "c"], "'a', 'b' or 'c'"),
        (Literal[1], "1"),
        (Colour, "'red' or 'blue'"),
        (tuple[str, ...], "an array of text"),
        (Annotated[list[int], Meta(min_length=1, max_length=3)], "an array of 1 to 3 integers"),
        (Annotated[list[int], Meta(max_length=3)], "an array of at most 3 integers"),
        (tuple[float, int], "[number, integer]"),
        (dict[str, float], "a table of numbers"),
        (int | str, "an integer or text"),
        (FilePath | None, "a path"),
        (Any, "anything"),
        (datetime, "a date and time"),
        (Annotated[datetime, Meta(tz=True)] | None, "a date and time with its offset from UTC"),
    ],
)
def test_what_a_type_allows_reads_as_english(annotation: object, text: str) -> None:
    assert allowed(annotation) == text


@pytest.mark.parametrize("table", [Node, Mqtt, Outbox, Handover, Health, Models])
def test_no_key_of_the_configuration_is_explained_by_a_pattern(table: type[Table]) -> None:
    texts = [allowed(field.type) for field in structs.fields(table)]

    assert [text for text in texts if "matches" in text] == []


def test_a_description_is_found_or_empty() -> None:
    assert description(Annotated[int, Meta(description="how many")]) == "how many"
    assert description(int) == ""


def test_choices_read_as_a_list() -> None:
    assert one_of(["a"]) == "'a'"
    assert one_of([1, 2, 3]) == "1, 2 or 3"
