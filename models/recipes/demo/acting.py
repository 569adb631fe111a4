"""Acting: how somebody moves who walks along a track and makes gestures on the way."""

import math
from bisect import bisect_right
from dataclasses import dataclass, replace
from itertools import pairwise

from recipes.demo.tracks import Track
from recipes.scenes.outfit import Outfit
from recipes.scenes.poses import walking
from recipes.scenes.skeleton import Build, Limb, Pose, blended

STEP_M = 1.35
"""Way of two steps, a left and a right one."""
WALK_M_S = 0.9
"""From this speed on, arms and legs swing fully."""
FINE_S = 0.05
CHANGE_S = 0.7
"""How long it takes to go from one gesture to the next."""
WAVES_A_SECOND = 1.4

_HANGING = Limb(0.05, 0.08, 0.2, 0.15)
_STANDING = (Limb(0.0, 0.04, -0.2, 0.03), Limb(0.0, 0.05, -0.2, 0.03))
_FOLDED = Limb(1.5, 0.25, -0.15, 2.1), Limb(1.45, 0.3, -0.15, 2.05)

GESTURES = {
    "stand": Pose(arms=(_HANGING, _HANGING), legs=_STANDING),
    "wave": Pose(arms=(_HANGING, Limb(0.1, 1.7, -1.4, 1.1)), legs=_STANDING),
    "both": Pose(arms=(Limb(0.1, 2.1, -1.3, 0.6), Limb(0.1, 2.0, -1.3, 0.7)), legs=_STANDING),
    "hips": Pose(
        arms=(Limb(-0.3, 0.8, 1.5, 1.6), Limb(-0.3, 0.8, 1.5, 1.6)),
        legs=(Limb(0.0, 0.14, -0.3, 0.03), Limb(0.0, 0.14, -0.3, 0.03)),
    ),
    "point": Pose(arms=(Limb(0.2, 1.45, 0.0, 0.1), _HANGING), legs=_STANDING, head_turn=0.5),
    "squat": Pose(
        lean=0.45, arms=(Limb(1.0, 0.2, 0.3, 0.9), Limb(0.9, 0.2, 0.3, 1.0)), legs=_FOLDED
    ),
    "pick": Pose(
        lean=0.95,
        arms=(Limb(0.7, 0.1, 0.2, 0.2), Limb(0.8, 0.1, 0.2, 0.2)),
        legs=(Limb(0.9, 0.15, -0.2, 1.1), Limb(0.85, 0.15, -0.2, 1.05)),
        head_nod=0.2,
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Actor:
    """Somebody with a way and gestures; away before the way begins and after it ends."""

    outfit: Outfit
    build: Build
    tall_m: float
    right_m: Track
    """To the right of the camera."""
    far_m: Track
    """Away from the camera."""
    facing: Track
    """When standing: 0 toward the camera's wall, a quarter turn to the right; when walking, people
    look where they go."""
    gestures: tuple[tuple[float, str], ...] = ((0.0, "stand"),)
    """From when on."""

    def there(self, time_s: float) -> bool:
        """Whether the way has begun and not yet ended."""
        moments = self.right_m.moments
        return moments[0][0] <= time_s < moments[-1][0]

    def pose(self, time_s: float) -> Pose:
        """Return how the body is held, turned as the camera sees it."""
        right, ahead = self.right_m.speed(time_s), -self.far_m.speed(time_s)
        speed = math.hypot(right, ahead)
        stepping = min(speed / WALK_M_S, 1.0)
        arms, legs = walking(self._way(time_s) / STEP_M, 0.2 + 0.26 * stepping)
        facing = self.facing.at(time_s)
        if speed:
            heading = math.atan2(right, ahead)
            turn = math.remainder(heading - facing, 2 * math.pi)
            facing += turn * min(1.0, 2 * stepping)
        aside = math.atan2(self.right_m.at(time_s), self.far_m.at(time_s))
        walk = Pose(lean=0.05, arms=arms, legs=legs)
        held = blended(self._gesture(time_s), walk, stepping)
        return replace(held, facing=facing + aside)

    def _way(self, time_s: float) -> float:
        """Return how far the feet have carried them since the beginning, in metres."""
        begin_s = self.right_m.moments[0][0]
        steps = int(max(time_s - begin_s, 0.0) / FINE_S)
        places = [begin_s + FINE_S * step for step in range(steps + 1)] + [time_s]
        points = [(self.right_m.at(place), self.far_m.at(place)) for place in places]
        return sum(math.dist(*pair) for pair in pairwise(points))

    def _gesture(self, time_s: float) -> Pose:
        after = bisect_right(self.gestures, time_s, key=lambda gesture: gesture[0])
        now = max(after - 1, 0)
        begin_s, name = self.gestures[now]
        before = self.gestures[max(now - 1, 0)][1]
        part = min(max((time_s - begin_s) / CHANGE_S, 0.0), 1.0)
        held = blended(GESTURES[before], GESTURES[name], part * part * (3 - 2 * part))
        return _waving(held, time_s) if name in ("wave", "both") else held


def _waving(pose: Pose, time_s: float) -> Pose:
    left, right = pose.arms
    swing = 0.35 * math.sin(2 * math.pi * WAVES_A_SECOND * time_s)
    return replace(pose, arms=(left, right._replace(bend=right.bend + swing)))
