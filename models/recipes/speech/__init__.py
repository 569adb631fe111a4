"""Speech that nobody spoke: words by many synthetic voices, in rooms, with noise."""

from recipes.speech.engines import say

__all__ = ["say"]
