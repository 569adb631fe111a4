"""A clip: three files that belong together, a video, its speech and the truth about both."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from recipes.demo import truth, video
from recipes.demo.filming import Film
from recipes.demo.play import FPS, HEIGHT, WIDTH, Play
from recipes.demo.speech import Script, spoken
from recipes.progress import Progress
from recipes.scenes.arrays import Array
from recipes.speech import sound

VIDEO, SPEECH, TRUTH = "scene.mp4", "speech.wav", "truth.json"
SHORT_S = 6.0


@dataclass(frozen=True)
class Clip:
    """What is seen and what is said."""

    play: Play
    script: Script

    def shortened(self) -> "Clip":
        """Return the first seconds of it."""
        part = SHORT_S / self.play.lasts_s
        words = self.script.words[: round(len(self.script.words) * part)]
        return Clip(replace(self.play, lasts_s=SHORT_S), replace(self.script, words=words))

    def render(self, folder: Path, seed: int) -> None:
        """Write the three files to *folder*; the same seed gives the same ones."""
        folder.mkdir(parents=True, exist_ok=True)
        track, words = spoken(self.script, self.play.lasts_s, seed)
        sound.write(folder / SPEECH, track)
        moments: list[truth.Moment] = []
        video.write(folder / VIDEO, self._frames(moments, seed), (WIDTH, HEIGHT), FPS)
        known = truth.Truth(FPS, WIDTH, HEIGHT, tuple(moments), words)
        truth.write(known, folder / TRUTH)

    def _frames(self, moments: list[truth.Moment], seed: int) -> Iterator[Array]:
        """Yield the frames, and put what each shows into *moments*."""
        film, progress = Film(self.play, seed), Progress("frames")
        for number, (pixels, moment) in enumerate(film.frames()):
            moments.append(moment)
            progress(number + 1, len(film))
            yield pixels
