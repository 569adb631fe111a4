"""Keyword spotting: finds spoken words in windows of audio."""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from edgenode import plugin
from edgenode.sense.plugins._keyword_settings import KeywordOptions, KeywordTraits, decide
from edgenode.sense.plugins.front_ends import FRONT_ENDS, FrontEnd

CLOCK_TOLERANCE_S = 0.5
"""How much capture times may vary. A real gap is longer: a new window or warm-up follows it."""


SILENCE_AFTER = plugin.SAMPLE_RATE
"""Samples of silence after a clip, for a model that streams."""

WRONG_SCORE = 0.1
"""A score so far outside 0 to 1 is no rounding error: the model has no scores but other numbers."""


class KeywordSpotting(plugin.Plugin[KeywordOptions, plugin.Audio]):
    """Reports the best word of a window when its smoothed score reaches the word's threshold.

    ``decode`` returns every label with its score, also background; the filters in ``clean`` choose.
    """

    Options = KeywordOptions
    Traits = KeywordTraits
    takes = plugin.Audio
    task: ClassVar[str | None] = "keyword-spotting"

    traits: KeywordTraits

    def __init__(self, options: KeywordOptions, model: plugin.Model | None = None) -> None:
        """Create the front-end.

        Raise ``ModelError`` if the model is not for keywords, ``PluginError`` if an option does not
        fit it or the package of the front-end is missing.
        """
        super().__init__(options, model)
        if model is None:
            raise plugin.ModelError('keyword spotting needs a model; set model = "kws-ref"')
        self._settings = decide(options, self.traits, model)
        self._front_end = _front_end(model, self.traits.front_end)
        self._labels = model.labels
        self._input, self._output = model.input, model.outputs[0]
        self._cut = self._make_cut(model.id)
        self._heard = 0

    def cut(self) -> plugin.Cut:
        """Return the front-end's window; the hop is that of options, manifest or front-end."""
        return self._cut

    def prepare(self, sample: plugin.Audio) -> plugin.Tensor | None:
        """Return the features of a window, quantised; None if they are not complete."""
        self._heard += len(sample.samples)
        features = self._front_end.features(sample)
        return (
            None if features is None else self._input.quantise(features.reshape(self._input.shape))
        )

    def decode(
        self, outputs: Sequence[plugin.Tensor], sample: plugin.Audio
    ) -> tuple[plugin.Keyword, ...]:
        """Return each label with its score, in the model's order.

        Return nothing for a window of digital silence, and while a streaming model warms up. Raise
        ``ModelError`` for what cannot be scores, such as logits.
        """
        if self._is_unscored(sample):
            return ()
        scores = self._output.dequantise(outputs[0])[0].tolist()
        worst = max(max(scores) - 1.0, -min(scores))
        if worst > WRONG_SCORE:
            raise plugin.ModelError(
                f"a score of the model is {worst:g} outside 0 to 1: these are no scores; export it"
                " with a softmax or a sigmoid at its end"
            )
        # Python's own numbers: for a few labels numpy takes four times as long. Of what is no
        # number `max` makes 0.
        shares = [min(max(0.0, score), 1.0) for score in scores]
        return tuple(map(plugin.Keyword, self._labels, shares))

    def clean(self) -> tuple[plugin.Use, ...]:
        """Return the filters: smoothing, best, labels, threshold, refractory, presence."""
        settings, hop_s = self._settings, self._cut.hop / plugin.SAMPLE_RATE
        # The order matters: the threshold is for smoothed scores, and background must take part in
        # `best`, so that it can win against a keyword.
        windows = max(1, round(settings.smoothing_s / hop_s))
        return (
            plugin.Use(
                "smoothing", {"windows": windows, "within_s": windows * hop_s + CLOCK_TOLERANCE_S}
            ),
            plugin.Use("best"),
            plugin.Use("labels", {"labels": settings.keywords}),
            plugin.Use("threshold", {"threshold": settings.thresholds}),
            plugin.Use("refractory", {"seconds": settings.refractory_s, "ceases": True}),
            plugin.Use("presence", {"endings": False}),
        )

    def reset(self) -> None:
        """Forget the stream: a streaming model warms up again."""
        self._front_end.reset()
        self._heard = 0

    def clips(self, hops: Iterable[NDArray[np.int16]]) -> Iterator[Iterator[plugin.Audio]]:
        """Yield, for each clip in a recording, the windows that score it. Call ``reset`` before.

        The label of a clip is the best one that ``decode`` returns for any of its windows. A
        recording is one clip, see ``clip``; but of one that is longer than two windows each window
        is one, unless the model streams. *hops* are the samples of the recording; few of them are
        kept. Consume the windows of a clip before the next one.
        """
        window = self._cut.window
        if self._front_end.streams:
            yield self._windows(self._surrounded(hops))
            return
        held, position = np.empty(0, np.int16), 0
        for hop in hops:
            held = np.concatenate((held, hop))
            while len(held) > 2 * window or (position and len(held) >= window):
                yield self._windows([held[:window]], position)
                held, position = held[window:], position + window
        if len(held):
            yield self._windows([_centred(held, window)], position)

    def clip(self, samples: NDArray[np.int16]) -> Iterator[plugin.Audio]:
        """Yield the windows that score a recording as one clip, without smoothing.

        It is one window: the middle of a longer recording, or a shorter one with digital silence on
        both sides. For a streaming model it is all hops, after enough digital silence to warm up
        and before some in which it recognises what was said last.
        """
        whole = [samples]
        if self._front_end.streams:
            return self._windows(self._surrounded(whole))
        return self._windows([_centred(samples, self._cut.window)])

    def _surrounded(self, hops: Iterable[NDArray[np.int16]]) -> Iterator[NDArray[np.int16]]:
        yield np.zeros(self._settings.warm_up, np.int16)
        yield from hops
        yield np.zeros(SILENCE_AFTER, np.int16)

    def _windows(
        self, parts: Iterable[NDArray[np.int16]], position: int = 0
    ) -> Iterator[plugin.Audio]:
        """Yield the windows of *parts*, which follow each other, and do not overlap."""
        window, held = self._cut.window, np.empty(0, np.int16)
        for part in parts:
            held = np.concatenate((held, part))
            while len(held) >= window:
                at_s = (position + window) / plugin.SAMPLE_RATE
                yield plugin.Audio(
                    samples=held[:window], position=position, captured_at=at_s, at_s=at_s
                )
                held, position = held[window:], position + window

    def _is_unscored(self, sample: plugin.Audio) -> bool:
        if self._front_end.streams:
            return self._heard <= self._settings.warm_up
        samples = sample.samples
        # A microphone that is stuck at any other value is as silent.
        return bool(samples[0] == samples[-1] and samples.min() == samples.max())

    def _make_cut(self, model: str) -> plugin.Cut:
        own, rate_hz = self._front_end.cut, self.options.rate_hz
        if not self._front_end.streams:
            least = math.ceil(plugin.SAMPLE_RATE / rate_hz) if rate_hz else 1
            return plugin.Cut(own.window, max(self._settings.hop or own.hop, least))
        if self._settings.hop or rate_hz:
            raise plugin.PluginError(
                f"model {model!r} streams and must hear every hop; remove hop_ms and rate_hz"
            )
        return own


def _front_end(model: plugin.Model, name: str) -> FrontEnd:
    front_end = FRONT_ENDS[name](model.input)
    takes, scores = model.input.shape, model.outputs[0].shape
    if takes[:1] != (1,) or math.prod(takes) != math.prod(front_end.shape):
        raise plugin.ModelError(
            f"model {model.id!r} takes {takes}, but front-end {name!r} makes {front_end.shape}"
        )
    if scores != (1, len(model.labels)):
        raise plugin.ModelError(
            f"model {model.id!r} gives scores {scores}, but has {len(model.labels)} labels"
        )
    return front_end


def _centred(samples: NDArray[np.int16], window: int) -> NDArray[np.int16]:
    spare = window - len(samples)
    if spare > 0:
        return np.pad(samples, (spare // 2, spare - spare // 2))
    return samples[-spare // 2 :][:window]
