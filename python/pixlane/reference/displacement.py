"""Random displacements: Philox noise, one number per pixel, blurred by a gaussian whose table is our own."""

from __future__ import annotations

from typing import Any

import numpy as np

from pixlane.reference._arrays import array_module

# Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", 2011: Philox4x32-10.
MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
WEYL = (0x9E3779B9, 0xBB67AE85)
ROUNDS = 10
WORD = 0xFFFFFFFF

CUT = 4.0  # the gaussian ends at this many sigma


def philox(xp: Any, counter: tuple[Any, Any, Any, Any], seed: int) -> tuple[Any, Any, Any, Any]:
    """Return four random words for each counter of four 32-bit words, all in uint64."""
    c0, c1, c2, c3 = counter
    k0, k1 = seed & WORD, seed >> 32 & WORD
    shift, word = xp.uint64(32), xp.uint64(WORD)
    for _ in range(ROUNDS):
        a = c0 * xp.uint64(MULTIPLIERS[0])
        b = c2 * xp.uint64(MULTIPLIERS[1])
        c0, c1, c2, c3 = (b >> shift) ^ c1 ^ xp.uint64(k0), b & word, (a >> shift) ^ c3 ^ xp.uint64(k1), a & word
        k0, k1 = (k0 + WEYL[0]) & WORD, (k1 + WEYL[1]) & WORD
    return c0, c1, c2, c3


def noise(xp: Any, height: int, width: int, top: int, left: int, seed: int) -> tuple[Any, Any]:
    """Two fields of float32 in [-1, 1), for the pixels from (top, left) on, which may be negative.

    Two neighbours share a counter: the words 0 and 1 are x and y of the even pixel, 2 and 3 those of the odd one.
    """
    x = xp.arange(left, left + width, dtype=xp.int64)
    y = xp.arange(top, top + height, dtype=xp.int64)
    column = xp.broadcast_to(((x >> 1) & WORD).astype(xp.uint64), (height, width))
    row = xp.broadcast_to((y & WORD).astype(xp.uint64)[:, None], (height, width))
    zero = xp.zeros((height, width), xp.uint64)
    words = philox(xp, (column, row, zero, zero), seed)
    odd = x % 2 == 1
    return tuple(
        (xp.where(odd, words[k + 2], words[k]) >> xp.uint64(8)).astype(xp.float32) * xp.float32(2.0**-23)
        - xp.float32(1.0)
        for k in range(2)
    )


def exponential(x: float) -> float:
    """exp(x) for x <= 0, by + - * / alone: a power of two times a Taylor series; 0 below exp(-700)."""
    if x < -700.0:
        return 0.0
    halvings = float(np.floor(x * -1.4426950408889634 + 0.5))
    rest = (x + halvings * 0.6931471803691238) + halvings * 1.9082149292705877e-10
    total = 1.0
    for term in range(16, 0, -1):
        total = 1.0 + total * rest / float(term)
    for _ in range(int(halvings)):
        total = total * 0.5
    return total


def gaussian(sigma: float) -> Any:
    """Weights 0 to radius of a gaussian cut at four sigma and brought to sum one, in float32."""
    if sigma == 0.0:
        return np.ones(1, np.float32)
    radius = int(np.floor(CUT * sigma + 0.5))
    weights = [exponential(-0.5 * (float(k) / sigma) * (float(k) / sigma)) for k in range(radius + 1)]
    total = 0.0
    for weight in reversed(weights[1:]):
        total = total + weight
    total = 2.0 * total + weights[0]
    return np.asarray([weight / total for weight in weights]).astype(np.float32)


def displacement(dst: Any, seed: int, sigma: float, alpha: float) -> None:
    """Fill ``dst`` (2, H, W) of float32: displacements along x and along y.

    The noise goes on beyond the image, so that its edges are like its middle. Columns first, then rows; a tap and its
    mirror image are added before they are weighed.
    """
    if not dst.size:
        return
    xp = array_module(dst)
    weights = gaussian(sigma)
    radius = len(weights) - 1
    height, width = dst.shape[1:]
    fields = noise(xp, height + 2 * radius, width + 2 * radius, -radius, -radius, seed)
    for field, result in zip(fields, dst, strict=True):
        across = weights[0] * field[:, radius : radius + width]
        for k in range(1, radius + 1):
            pair = field[:, radius - k : radius - k + width] + field[:, radius + k : radius + k + width]
            across = across + weights[k] * pair
        down = weights[0] * across[radius : radius + height]
        for k in range(1, radius + 1):
            pair = across[radius - k : radius - k + height] + across[radius + k : radius + k + height]
            down = down + weights[k] * pair
        result[...] = down * np.float32(alpha)
