"""Prints the totals of the demo: what was seen, published and found, and how right it is."""

from collections.abc import Mapping

from edgenode.cli._lines import amounts, size
from edgenode.demo.totals import PluginTotals, Totals

INDENT = " " * 4
HEADINGS = ("precision", "recall", "keypoint error", "right", "wrong", "missed")


def print_totals(result: Totals) -> None:
    """Print *result*, with the scores if the truth is known."""
    print(f"\nIn {result.seconds:.0f} seconds the plugins have")
    print(f"{INDENT}seen       {size(result.seen_bytes):>9} of pictures and sound, and")
    print(f"{INDENT}published  {size(result.published_bytes):>9} of findings and health over MQTT:")
    # 0: nothing was published.
    if result.ratio:
        print(f"one byte of {result.ratio:.0f}. No picture and no sound left the node.\n")
    for name, plugin in result.plugins.items():
        found = amounts(plugin.labels) or plugin.error or "nothing"
        print(f"{INDENT}{name:<10} {plugin.findings:>4} findings: {found}")
    if any(plugin.compared for plugin in result.plugins.values()):
        _print_scores(result.plugins)


def _print_scores(plugins: Mapping[str, PluginTotals]) -> None:
    print("\nCompared with what is really there:\n")
    print(f"{INDENT}{'':<10} {'  '.join(HEADINGS)}")
    for name, plugin in plugins.items():
        values = (
            _rate(plugin.precision, 2),
            _rate(plugin.recall, 2),
            _rate(plugin.keypoint_error, 3),
            *map(str, (plugin.hits, plugin.wrong, plugin.missed)),
        )
        pairs = zip(HEADINGS, values, strict=True)
        print(f"{INDENT}{name:<10} {'  '.join(f'{value:>{len(head)}}' for head, value in pairs)}")
    print(f"\n{INDENT}The keypoint error is a part of the frame's longer side.")


def _rate(rate: float | None, digits: int) -> str:
    return "" if rate is None else f"{rate:.{digits}f}"
