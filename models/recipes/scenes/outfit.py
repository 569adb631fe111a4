"""Outfits: what people wear and carry."""

from dataclasses import dataclass

from recipes.chance import happens, one_of
from recipes.scenes import colours
from recipes.scenes.arrays import Colour, Rng

LEGS = {"trousers": 0.66, "shorts": 0.16, "skirt": 0.08, "dress": 0.06, "leggings": 0.04}
SLEEVES = {"none": 0.13, "short": 0.42, "long": 0.45}
HAIR = {"short": 0.5, "long": 0.22, "bun": 0.06, "tail": 0.08, "none": 0.14}
HATS = {"none": 0.76, "cap": 0.1, "woollen": 0.07, "brim": 0.07}
BAGS = {"none": 0.8, "rucksack": 0.08, "shoulder": 0.07, "hand": 0.05}
PATTERNS = {"plain": 0.62, "stripes": 0.18, "checks": 0.1, "patch": 0.1}


@dataclass(frozen=True)
class Outfit:
    """Clothes, hair and skin of one person."""

    skin: Colour
    hair: Colour
    top: Colour
    bottom: Colour
    shoes: Colour
    extra: Colour
    """Of hat and bag."""
    jacket: Colour | None
    """Worn open over the top, with long sleeves."""
    legs: str
    sleeves: str
    hair_style: str
    hat: str
    bag: str
    pattern: str
    glasses: bool

    @property
    def sleeve(self) -> Colour:
        """Colour of a sleeve."""
        return self.top if self.jacket is None else self.jacket


def outfit(rng: Rng) -> Outfit:
    """Return what somebody may wear."""
    top = colours.any_colour(rng)
    bottom = colours.near(rng, colours.TROUSERS) if happens(rng, 0.35) else colours.any_colour(rng)
    legs = one_of(rng, LEGS)
    jacket = colours.any_colour(rng) if happens(rng, 0.2) else None
    return Outfit(
        skin=colours.skin(rng),
        hair=colours.hair(rng),
        top=top,
        bottom=top if legs == "dress" or happens(rng, 0.1) else bottom,
        shoes=colours.any_colour(rng) * 0.8,
        extra=colours.any_colour(rng),
        jacket=jacket,
        legs=legs,
        sleeves="long" if jacket is not None else one_of(rng, SLEEVES),
        hair_style=one_of(rng, HAIR),
        hat=one_of(rng, HATS),
        bag=one_of(rng, BAGS),
        pattern=one_of(rng, PATTERNS),
        glasses=happens(rng, 0.08),
    )
