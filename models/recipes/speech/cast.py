"""Who speaks: the voices a network learns from, and those it is tried with and never heard.

Voices of espeak-ng are made by rule: any accent with any variant. Those of flite and festival are
made from recordings of one person each, which is as near to people as speech from free packages
comes; one of them and its engine are kept for the test.
"""

from dataclasses import dataclass

import numpy as np

from recipes.speech.engines import Line

ACCENTS = (
    "en-us", "en-gb", "en-gb-x-rp", "en-gb-x-gbclan", "en-gb-x-gbcwmd", "en-029", "en-us-nyc",
)  # fmt: skip
AMERICAN = ("en-us", "en-us-nyc")
"""Drawn three times as often as the others: most who record themselves in public are from there."""
HELD_ACCENT = "en-gb-scotland"

_VARIANTS = """
Alex Alicia Andrea Andy Annie Diogo Gene Gene2 Henrique Hugo Jacky Lee Marco Mario Michael Mike
Nguyen RicishayMax RicishayMax2 RicishayMax3 Storm Tweaky adam anika announcer antonio aunty belinda
benjamin boris caleb david ed edward edward2 f1 f2 f3 f4 f5 grandma grandpa gustave iven iven2 iven3
iven4 john kaukovalta klatt klatt2 klatt3 klatt4 klatt5 klatt6 linda m1 m2 m3 m4 m5 m6 m7 m8 marcelo
max michel miguel norbert pablo paul pedro quincy rob robert sandro shelby steph steph2 steph3
travis victor zac
"""

VARIANTS = tuple(_VARIANTS.split())
"""Variants of espeak-ng 1.51 that could pass for a person."""

HELD_VARIANTS = (
    "Andy", "Gene", "Jacky", "Mario", "Mike", "announcer", "caleb", "iven4", "john", "linda", "m3",
    "m5", "m6", "paul",
)  # fmt: skip

PEOPLE = ("flite/awb", "flite/kal16", "flite/rms", "flite/slt")
"""Voices made from recordings: a Scot, two men and a woman from the United States."""
HELD_PEOPLE = ("festival/ked",)
"""A man from the United States, and the one voice of its engine."""

ENDINGS = ("", ".", "!", "?")


@dataclass(frozen=True, slots=True)
class Cast:
    """Voices of one side of the split, and how freely they speak.

    Attributes:
        voices: each as likely as the others; see ``Line``.
        slowest, fastest: speeds drawn from.
        octaves: how far the pitch may be from the voice's own.
    """

    voices: tuple[str, ...]
    slowest: float = 0.6
    fastest: float = 1.5
    octaves: float = 0.9

    def say(self, text: str, dice: np.random.Generator) -> Line:
        """Return *text* as a line for one of the voices, with a mood of its own."""
        voice = str(dice.choice(self.voices))
        speed = float(dice.uniform(self.slowest, self.fastest))
        pitch = float(2.0 ** dice.uniform(-self.octaves, self.octaves))
        return Line(text + str(dice.choice(ENDINGS)), voice, round(speed, 2), round(pitch, 2))


def _made_by_rule(accents: tuple[str, ...], variants: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{accent}+{variant}" for accent in accents for variant in variants)


_KNOWN = tuple(variant for variant in VARIANTS if variant not in HELD_VARIANTS)

TRAINING = Cast(ACCENTS + _made_by_rule((*ACCENTS, *AMERICAN, *AMERICAN), _KNOWN))
TRAINING_PEOPLE = Cast(PEOPLE, slowest=0.7, fastest=1.4, octaves=0.5)
HELD = Cast(
    _made_by_rule(ACCENTS, HELD_VARIANTS) + _made_by_rule((HELD_ACCENT,), (*_KNOWN, *HELD_VARIANTS))
)
HELD_AT_EASE = Cast(HELD.voices, slowest=0.75, fastest=1.25, octaves=0.4)
"""The same voices as somebody would set them."""
HELD_OUT_PEOPLE = Cast(HELD_PEOPLE, slowest=0.7, fastest=1.4, octaves=0.5)
