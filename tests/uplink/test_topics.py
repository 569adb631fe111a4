from edgenode import messages
from edgenode.uplink.topics import Topics, everything


def test_topics_are_the_contracts() -> None:
    topics = Topics("acme/plant-3/edgenode/v1", "dock-3fa9c1")

    spelt = [
        topics.status,
        topics.meta,
        topics.result("people"),
        topics.event("people"),
        topics.dropped,
        topics.state("people"),
        topics.health,
    ]

    node = "acme/plant-3/edgenode/v1/dock-3fa9c1"
    assert [topic.removeprefix(f"{node}/").removesuffix("/people") for topic in spelt] == list(
        messages.SENT
    )
    assert all(topic.startswith(f"{node}/") for topic in spelt)


def test_the_longest_names_stay_within_what_brokers_take() -> None:
    topics = Topics("edgenode/v1", "n" * 63)

    longest = topics.result("p" * 63)

    assert len(longest) <= 200
    assert longest.count("/") <= 7


def test_one_filter_matches_all_nodes() -> None:
    assert everything("edgenode/v1") == "edgenode/v1/#"
