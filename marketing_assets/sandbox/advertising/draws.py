"""Chance that can be repeated: every draw is named by the seed and by what it is for."""

import hashlib

import numpy as np


def digest(seed: int, *parts: object) -> int:
    """A 64-bit number which depends on nothing but the seed and the parts."""
    text = "|".join(map(str, (seed, *parts)))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def unit(seed: int, *parts: object) -> float:
    """A number in [0, 1)."""
    return (digest(seed, *parts) >> 11) / (1 << 53)


def between(low: float, high: float, seed: int, *parts: object) -> float:
    """A number in [low, high)."""
    return low + (high - low) * unit(seed, *parts)


def generator(seed: int, *parts: object) -> np.random.Generator:
    """A numpy generator of its own for the named purpose."""
    return np.random.Generator(np.random.PCG64(digest(seed, *parts)))
