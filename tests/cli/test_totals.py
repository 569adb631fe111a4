import pytest

from edgenode.cli import _totals
from edgenode.demo.totals import PluginTotals, Totals


def totals(**plugins: PluginTotals) -> Totals:
    return Totals(
        seen_bytes=9_000_000,
        published_bytes=3_000,
        ratio=3000.0,
        messages=7,
        seconds=25.1,
        plugins=plugins,
    )


def plugin(**known: object) -> PluginTotals:
    return PluginTotals(
        **{"findings": 3, "labels": {"person": 3}, "messages": 4, "bytes": 90} | known
    )


def test_what_was_seen_published_and_found(capsys: pytest.CaptureFixture[str]) -> None:
    mute = plugin(findings=0, labels={}, error="no model 'x'; pull it")

    _totals.print_totals(
        totals(objects=plugin(), words=mute, posture=plugin(findings=0, labels={}))
    )

    assert capsys.readouterr().out == (
        "\nIn 25 seconds the plugins have\n"
        "    seen          9.0 MB of pictures and sound, and\n"
        "    published     3.0 kB of findings and health over MQTT:\n"
        "one byte of 3000. No picture and no sound left the node.\n"
        "\n"
        "    objects       3 findings: 3 person\n"
        "    words         0 findings: no model 'x'; pull it\n"
        "    posture       0 findings: nothing\n"
    )


def test_how_right_it_was_in_columns(capsys: pytest.CaptureFixture[str]) -> None:
    objects = plugin(precision=0.9712, recall=0.95, compared=125, hits=200, wrong=6, missed=10)
    posture = plugin(precision=1.0, recall=1.0, keypoint_error=0.0234, compared=9, hits=9)
    words = plugin(recall=0.0, compared=3, missed=3)

    _totals.print_totals(totals(objects=objects, posture=posture, words=words))

    assert capsys.readouterr().out.partition("Compared with what is really there:\n")[2] == (
        "\n"
        "               precision  recall  keypoint error  right  wrong  missed\n"
        "    objects         0.97    0.95                    200      6      10\n"
        "    posture         1.00    1.00           0.023      9      0       0\n"
        "    words                   0.00                      0      0       3\n"
        "\n"
        "    The keypoint error is a part of the frame's longer side.\n"
    )
