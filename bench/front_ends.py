"""The three audio front-ends in milliseconds per second of audio, beside plain implementations.

    python bench/front_ends.py [--seconds 10] [--rounds 21] [--json]

Both sides of each row get the same hops of the same sound in the same run, in turns, and must agree
on what they make of it; figures are medians over the rounds. The plain sides keep their window and
mel matrix from call to call, as any fair implementation would.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

import numpy as np
from bed import Bed
from figures import Figure
from numpy.typing import NDArray

from edgenode import plugin
from edgenode.sense.plugins.front_ends import FRONT_ENDS

Sound = NDArray[np.int16]
Floats = NDArray[np.float32]
Features = Callable[[plugin.Audio], Floats | None]

TITLE = "audio front-ends, ms per second of audio, beside plain implementations"
RATE = plugin.SAMPLE_RATE
SECONDS, ROUNDS = 10.0, 21


@dataclass(frozen=True, kw_only=True)
class Row:
    """A front-end's figures; times in milliseconds per second of audio."""

    front_end: str
    hop_ms: int
    ours: float
    plain: float
    ratio: float
    agrees: bool


def main() -> int:
    """Measure, print the table or one JSON object; 1 if the two sides of a row disagree."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of audio in each round")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    args = parser.parse_args()
    sound = noise(args.seconds)
    rows = [compare(name, sound, args.rounds) for name in FRONT_ENDS]
    if args.json:
        figures = [asdict(row) for row in rows]
        print(json.dumps({"unit": "ms per second of audio", "front_ends": figures}))
    else:
        show(rows)
    return 0 if all(row.agrees for row in rows) else 1


def measure(_bed: Bed) -> Iterator[Figure]:
    """Yield each front-end's figure; raise ``RuntimeError`` if its two sides disagree."""
    sound = noise(SECONDS)
    for name in FRONT_ENDS:
        row = compare(name, sound, ROUNDS)
        if not row.agrees:
            raise RuntimeError(f"the two sides of {name!r} disagree: no figure is of use")
        yield Figure(
            what=f"{name}, hops of {row.hop_ms} ms",
            value=row.ours,
            unit="ms per second",
            beside={"plain, ms per second": row.plain, "plain / ours": row.ratio},
        )


def show(rows: list[Row]) -> None:
    """Print the figures as a table."""
    print(f"{'ms per second of audio':24}{'hop ms':>8}{'ours':>9}{'plain':>9}{'plain/ours':>12}")
    for row in rows:
        print(
            f"{row.front_end:24}{row.hop_ms:>8}{row.ours:>9.3f}{row.plain:>9.3f}{row.ratio:>12.2f}"
            f"{'' if row.agrees else '  DISAGREE'}"
        )


def compare(name: str, sound: Sound, rounds: int) -> Row:
    """Return a row: both sides over *sound*, alternating, and whether their features agree."""
    spec = plugin.TensorSpec(name="input", shape=(1, 3, 40), dtype="int8")
    cut = FRONT_ENDS[name](spec).cut
    windows = list(cut_up(sound, cut))
    seconds = len(windows) * cut.hop / RATE
    plain = PLAIN[name]

    def ours() -> Features:
        return FRONT_ENDS[name](spec).features

    sides = {"ours": ours, "plain": plain}
    times: dict[str, list[float]] = {side: [] for side in sides}
    for number in range(rounds):
        # Alternating: a CPU that gets slower must not always slow the same side.
        for side in sorted(sides, reverse=bool(number % 2)):
            times[side].append(run(sides[side](), windows) / seconds)
    ratios = [theirs / mine for mine, theirs in zip(times["ours"], times["plain"], strict=True)]
    # The log-mel features are whole numbers: rounding may go either way.
    tolerance = 1.0 if name == "log-mel" else 0.01
    return Row(
        front_end=name,
        hop_ms=1000 * cut.hop // RATE,
        ours=round(statistics.median(times["ours"]), 4),
        plain=round(statistics.median(times["plain"]), 4),
        ratio=round(statistics.median(ratios), 2),
        agrees=agree(ours(), plain(), windows, tolerance),
    )


def run(features: Features, windows: list[plugin.Audio]) -> float:
    """Return how many milliseconds the features of all windows take, without the first."""
    features(windows[0])
    started = time.perf_counter()
    for window in windows[1:]:
        features(window)
    return (time.perf_counter() - started) * 1000.0


def agree(ours: Features, plain: Features, windows: list[plugin.Audio], tolerance: float) -> bool:
    """Return whether both give the same features for every window, within *tolerance*."""
    for window in windows:
        mine, other = ours(window), plain(window)
        if mine is None or other is None:
            if mine is not other:
                return False
        elif float(np.abs(mine - other).max()) > tolerance:
            return False
    return True


def noise(seconds: float) -> Sound:
    """Return noise that swells and fades like speech does."""
    count = int(seconds * RATE)
    swell = 0.55 + 0.45 * np.sin(np.arange(count) / 2000.0)
    samples = np.random.default_rng(7).standard_normal(count) * swell * 4000
    return np.clip(samples, -32768, 32767).astype(np.int16)


def cut_up(sound: Sound, cut: plugin.Cut) -> Iterator[plugin.Audio]:
    """Yield windows as the pipeline does."""
    for at in range(0, len(sound) - cut.window + 1, cut.hop):
        samples = sound[at : at + cut.window]
        yield plugin.Audio(samples=samples, position=at, captured_at=(at + cut.window) / RATE)


def mel_matrix(bands: int, low: float, high: float) -> Floats:
    """Return HTK's triangles for the 257 bins of an FFT over 512 samples."""

    def mel(hz: float | NDArray[np.float64]) -> NDArray[np.float64]:
        return 1127.0 * np.log1p(np.asarray(hz) / 700.0)

    bins, edges = mel(np.linspace(0, RATE / 2, 257)), np.linspace(mel(low), mel(high), bands + 2)
    rising = (bins[:, None] - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins[:, None]) / (edges[2:] - edges[1:-1])
    matrix = np.maximum(0.0, np.minimum(rising, falling))
    matrix[0] = 0.0
    return matrix.astype(np.float32)


def hann(length: int) -> Floats:
    """Return the periodic window."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)).astype(np.float32)


def plain_spectra(samples: Floats, window: Floats, hop: int) -> Floats:
    """Return magnitudes [frames, 257]."""
    frames = np.lib.stride_tricks.sliding_window_view(samples, len(window))[::hop]
    magnitudes: Floats = np.abs(np.fft.rfft(frames * window, 512)).astype(np.float32)
    return magnitudes


def plain_mfcc() -> Features:
    """Return the reference's features, each window computed whole."""
    window, mels, n = hann(480), mel_matrix(40, 20, 4000), np.arange(40)[:, None]
    dct = 2 * np.cos(np.pi * np.arange(10) * (2 * n + 1) / 80) / np.sqrt(80)
    dct = dct.astype(np.float32)

    def features(audio: plugin.Audio) -> Floats:
        samples = audio.samples.astype(np.float32) / 32768
        samples /= max(float(samples.max()), 1e-6)
        return np.log(plain_spectra(samples, window, 320) @ mels + 1e-6) @ dct

    return features


def plain_log_mel() -> Features:
    """Return Coral's features with its buffer of frames: only the hop's own are computed."""
    window, mels = hann(400), mel_matrix(32, 60, 3800)
    buffer = np.zeros((198, 32), np.float32)
    filled = False

    def features(audio: plugin.Audio) -> Floats:
        nonlocal filled
        new = 33 if filled else 198
        filled = True
        samples = audio.samples[(198 - new) * 160 :].astype(np.float32) / 32768 * 0.5
        spectra = plain_spectra(samples, window, 160)
        buffer[:-new] = buffer[new:]
        buffer[-new:] = 30 * (np.log(spectra @ mels + 1e-3) - np.log(1e-3))
        scaled = buffer - buffer.mean(axis=0)
        scaled /= 3 * np.std(scaled, axis=0)
        return np.maximum(0, np.minimum(255, (scaled + 1) * 127.5)).astype(np.uint8)

    return features


def plain_micro() -> Features:
    """Return the package's features by its documented loop of 10 ms steps."""
    from pymicro_features import MicroFrontend

    front_end, waiting = MicroFrontend(), True

    def features(audio: plugin.Audio) -> Floats | None:
        nonlocal waiting
        raw, rows, at = audio.samples.tobytes(), [], 0
        while at + 320 <= len(raw):
            output = front_end.process_samples(raw[at : at + 320])
            at += 320
            if output.features:
                rows.append(output.features)
        short, waiting = waiting, False
        return None if short else np.array(rows, np.float32)

    return features


PLAIN: dict[str, Callable[[], Features]] = {
    "log-mel": plain_log_mel,
    "mfcc": plain_mfcc,
    "micro-frontend": plain_micro,
}


if __name__ == "__main__":
    raise SystemExit(main())
