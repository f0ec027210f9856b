"""Shapes of a channel's response to spend: carry-over over days, then saturation. Pure.

A shape is relative: spend is divided by the channel's mean daily spend, and the response by its mean over the
history. So one grid of shapes serves every channel, and a response's size is revenue a day.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

CARRY_DAYS = 28
"""Days after which a day's spend has no effect that counts."""

HILL, EXPONENTIAL, POWER, LOGARITHMIC = range(4)
_FAMILY_WEIGHTS = {HILL: 0.45, EXPONENTIAL: 0.25, POWER: 0.15, LOGARITHMIC: 0.15}

_SCALES = np.exp(np.linspace(-1.3, 1.7, 7))
"""Spend, in means of the channel, that has half of a Hill curve's effect (most of an exponential's)."""
_SCALE_CENTRE, _SCALE_SPREAD = 0.1, 0.8
_SLOPES = (0.8, 1.1, 1.4, 1.7)
_POWERS = (0.45, 0.6, 0.75, 0.9)
CARRY_OVERS = np.array([0.0, 0.2, 0.4, 0.6, 0.8])
"""Share of a day's effect that is left on the next day."""


@dataclass(frozen=True)
class Shapes:
    """Saturation curves: family, scale (in mean spends), exponent and logarithm of the prior of each."""

    family: NDArray[np.int64]
    scale: Floats
    exponent: Floats
    log_prior: Floats

    @cached_property
    def size(self) -> int:
        return len(self.family)

    def response(self, spend: Floats) -> Floats:
        """Responses of shape [curves, …] to spend of any shape, in means of the channel."""
        out = np.empty((self.size, *spend.shape))
        for i in range(self.size):
            x = spend / self.scale[i]
            if self.family[i] == HILL:
                powered = x ** self.exponent[i]
                out[i] = powered / (1 + powered)
            elif self.family[i] == EXPONENTIAL:
                out[i] = -np.expm1(-x)
            elif self.family[i] == POWER:
                out[i] = x ** self.exponent[i]
            else:
                out[i] = np.log1p(x)
        return out


@lru_cache(maxsize=1)
def shapes() -> Shapes:
    """The grid of curves: diminishing returns of four families, S-shapes included."""
    rows = []
    near = -0.5 * ((np.log(_SCALES) - _SCALE_CENTRE) / _SCALE_SPREAD) ** 2
    near -= np.log(np.exp(near).sum())
    for family, weight in _FAMILY_WEIGHTS.items():
        if family == POWER:
            rows += [(family, 1.0, p, np.log(weight / len(_POWERS))) for p in _POWERS]
            continue
        exponents = _SLOPES if family == HILL else (1.0,)
        rows += [
            (family, scale, e, np.log(weight / len(exponents)) + prior)
            for scale, prior in zip(_SCALES, near, strict=True)
            for e in exponents
        ]
    families, scales, exponents_of, priors = map(np.array, zip(*rows, strict=True))
    return Shapes(families, scales, exponents_of, priors)


def carried(spend: Floats, carry_over: float) -> Floats:
    """Daily spend spread over the days it works on; constant spend stays what it is.

    The days before the first are taken for like its first fortnight.
    """
    weights = carry_over ** np.arange(CARRY_DAYS)
    weights /= weights.sum()
    before = np.full(CARRY_DAYS - 1, spend[:14].mean())
    return np.convolve(np.concatenate([before, spend]), weights, "valid")
