"""Try one plugin on pictures, video or sound, without MQTT.

Prints a line per finding. With --json it prints one JSON object per result or event: the payload of
the MQTT message with `file` and `at_s` (seconds into the file). A folder is all pictures and videos
in it. Exit status 1 if a file could not be read; the others are tried all the same.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import chain, count, islice
from pathlib import Path
from typing import Any, Protocol

import msgspec

from edgenode.cli._drawings import Drawings, unwritable
from edgenode.cli._names import as_line, as_text
from edgenode.cli._stderr import with_warnings
from edgenode.cli._trial import Trial
from edgenode.errors import ConfigError, RecordingError
from edgenode.exits import Exit
from edgenode.messages import Identity, new_run
from edgenode.plugin import (
    KEYPOINTS,
    Detection,
    Finding,
    Frame,
    Happening,
    Keyword,
    Measurement,
    Pose,
)
from edgenode.sense.junction import records
from edgenode.sense.pipeline import Outcome
from edgenode.uplink.encoding import payload_of

HELP = "try one plugin on pictures, video or sound"

FILES = "picture, video, recording or folder of recordings; - for sound from stdin"
CLIPS = "score each recording as one window, a long one window by window; print its best label"

SHORT_S = 2.0
HINT = (
    f"of the recordings in which nothing was heard last at most {SHORT_S:g} s: to score recordings"
    " of one word each, without smoothing and threshold, add --clips"
)


class Show(Protocol):
    """Prints what is found in a recording; raises ``RecordingError`` if it cannot be read."""

    def __call__(self, trial: Trial, file: Path, *, as_json: bool) -> None:
        """Do so, as JSON or as text."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("plugin", metavar="PLUGIN", help="see `edgenode plugins`")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help=FILES)
    parser.add_argument("--model", help="see `edgenode models list`; default: one for the plugin")
    parser.add_argument("--device", default="auto", help="cpu, edgetpu, edgetpu:N or auto")
    parser.add_argument("--threshold", type=float, help="lowest score kept")
    parser.add_argument(
        "--rate-hz", type=float, metavar="N", help="look at so many frames of a second of video"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument(
        "--draw", type=Path, metavar="DIR", help="write annotated pictures and films there"
    )
    parser.add_argument(
        "--frames", action="store_true", help="with --draw: each frame of a film as a picture"
    )
    parser.add_argument("--clips", action="store_true", help=CLIPS)
    parser.add_argument("--store", type=Path, metavar="DIR", help="where pulled models are")
    parser.add_argument(
        "--folder",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="a folder with your own NAME/model.toml (repeatable)",
    )


def run(args: argparse.Namespace) -> int:
    """Try the plugin on each file; continue after one that cannot be read."""
    table = {
        "model": args.model,
        "device": args.device,
        "threshold": args.threshold,
        "rate_hz": args.rate_hz,
    }
    given = {key: value for key, value in table.items() if value is not None}
    trial = Trial(args.plugin, given, args.store, args.folder)
    if args.draw:
        _prepare_drawing(trial, args)
    elif args.frames:
        raise ConfigError(["--frames: nothing is drawn; name a folder with --draw"])
    with ExitStack() as stack:
        stack.enter_context(with_warnings())
        drawings = Drawings(args.draw, films=not args.frames) if args.draw else None
        if drawings is not None:
            stack.enter_context(drawings)
        show = _clip if args.clips else _Stream(args, drawings)
        failed = sum(_failures(trial, file, show, as_json=args.json) for file in args.files)
    if isinstance(show, _Stream) and show.short:
        print(f"edgenode: {show.short} {HINT}", file=sys.stderr)
    return Exit.FAILED if failed else Exit.DONE


def _failures(trial: Trial, path: Path, show: Show, *, as_json: bool) -> int:
    """Show what is found in *path*, or in each of the folder; return how many cannot be read."""
    failed = 0
    try:
        recordings = trial.recordings(path)
    except RecordingError as error:
        print(f"edgenode: {error}", file=sys.stderr)
        return 1
    for recording in recordings:
        try:
            show(trial, recording, as_json=as_json)
        except RecordingError as error:
            print(f"edgenode: {error}", file=sys.stderr)
            failed += 1
    return failed


def _prepare_drawing(trial: Trial, args: argparse.Namespace) -> None:
    if trial.takes_audio:
        raise ConfigError([f"--draw: plugin {args.plugin!r} takes audio; there is nothing to draw"])
    try:
        args.draw.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(args.draw, error) from error
    for file in args.files:
        if args.draw.resolve() in (file.resolve(), file.resolve().parent):
            raise ConfigError(
                [f"--draw: {str(args.draw)!r} holds {str(file)!r} itself; name another folder"]
            )


def _clip(trial: Trial, file: Path, *, as_json: bool) -> None:
    found = trial.clips(file)
    first = list(islice(found, 2))
    for at_s, best in chain(first, found):
        when = {"at_s": round(at_s, 3)} if len(first) > 1 else {}
        if as_json:
            line = {"file": as_text(file), "label": best.label, "score": round(best.score, 3)}
            print(json.dumps(line | when), flush=True)
        else:
            head = f"{as_line(file.name)} {at_s:.2f} s" if when else as_line(file.name)
            print(f"{head}: {best.label} {best.score:.3f}", flush=True)


class _Stream:
    """Prints, and draws if asked, the findings in one file after the other.

    Attributes:
        short: how many recordings of sound in which nothing was found are as short as a word.
    """

    def __init__(self, args: argparse.Namespace, drawings: Drawings | None) -> None:
        self._name = args.plugin
        self._drawings = drawings
        self._run = new_run()
        self._seq = count(1)
        self.short = 0

    def __call__(self, trial: Trial, file: Path, *, as_json: bool) -> None:
        number = 0
        for outcome in trial.outcomes(file):
            # Of a folder it is one of its files.
            origin = Path(getattr(outcome.sample, "origin", "") or file)
            for line in self._json(outcome, origin) if as_json else _text(outcome, origin):
                print(line, flush=True)
            if self._drawings is not None and isinstance(outcome.sample, Frame):
                self._drawings.add(outcome.sample, outcome.result.findings)
            number += 1
        if self._drawings is not None:
            self._drawings.end()
        if not (number or as_json):
            print(f"{as_line(file.name)}: nothing", flush=True)
        if not number and trial.takes_audio and trial.lasts_s <= SHORT_S:
            self.short += 1

    def _json(self, outcome: Outcome, file: Path) -> Iterator[str]:
        for record in records(self._name, outcome):
            payload = payload_of(record, Identity(self._run, next(self._seq)))
            line: dict[str, Any] = msgspec.to_builtins(payload)
            yield json.dumps(line | {"file": as_text(file), "at_s": _at_s(outcome)})


def _at_s(outcome: Outcome) -> float:
    return round(getattr(outcome.sample, "at_s", None) or 0.0, 3)


def _text(outcome: Outcome, file: Path) -> Iterator[str]:
    head = f"{as_line(file.name)} {_at_s(outcome):.2f} s"
    if not outcome.result.findings:
        yield f"{head}: nothing"
    for finding in outcome.result.findings:
        yield f"{head}: {_describe(finding)}"
        if isinstance(finding, Pose):
            for name, point in zip(KEYPOINTS, finding.keypoints, strict=True):
                yield f"  {name:<15}{point.x:.3f} {point.y:.3f}  {point.score:.2f}"


def _describe(finding: Finding) -> str:
    match finding:
        case Detection(label, score, box):
            return (
                f"{label} {score:.2f} at"
                f" {box.left:.3f} {box.top:.3f} {box.right:.3f} {box.bottom:.3f}"
            )
        case Pose(score):
            return f"person {score:.2f}"
        case Keyword(label, score):
            return f"{label} {score:.2f}"
        case Measurement(name, value):
            return f"{name} {value:g}"
        case Happening():
            return f"{finding.type} {finding.label} {finding.score:.2f}"
        case _:
            return (
                f"{finding.label} {getattr(finding, 'score', getattr(finding, 'share', 0.0)):.2f}"
            )
