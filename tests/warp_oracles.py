"""The float64 formulas of warps, and other libraries' answers. Nothing here calls pixlane.

Borders come from `numpy.pad`, weights from the textbook functions of `oracles`, so that no trick is shared.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import oracles
from numpy.typing import NDArray
from oracles import Real

INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "lanczos")
BORDERS = ("constant", "edge", "reflect", "symmetric", "wrap")
SUPPORT = {"bilinear": 1, "bicubic": 2, "lanczos": 3}
#: How far a result may be from the real value, as a share of the range for floats; promises of the docstrings.
TOLERANCE = {"uint16": 2.0, "int16": 2.0, "float16": 6e-4, "float32": 4e-6, "float64": 4e-9}


def grid(height: int, width: int) -> tuple[Real, Real]:
    """x and y of every pixel."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    return x, y


def through(matrix: Any, size: tuple[int, int]) -> tuple[Real, Real]:
    """The points that a matrix from result to image gives every pixel of a result."""
    x, y = grid(*size)
    m = np.asarray(matrix, np.float64)
    if m.shape == (2, 3):
        m = np.vstack([m, [0, 0, 1]])
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = m[2, 0] * x + m[2, 1] * y + m[2, 2]
        return (m[0, 0] * x + m[0, 1] * y + m[0, 2]) / scale, (m[1, 0] * x + m[1, 1] * y + m[1, 2]) / scale


def turned(angle: float, center: tuple[float, float], zoom: float = 1.0, target: Any = None) -> Real:
    """The 2 x 3 matrix from a rotated result to its image."""
    c, s = math.cos(math.radians(angle)) / zoom, math.sin(math.radians(angle)) / zoom
    linear = np.array([[c, -s], [s, c]])
    shift = np.asarray(center) - linear @ np.asarray(center if target is None else target)
    return np.column_stack([linear, shift])


def sample(
    image: NDArray[Any],
    points: tuple[Real, Real],
    interpolation: str = "bilinear",
    border: str = "constant",
    value: Any = 0,
) -> Real:
    """The real-valued image (H, W) or (H, W, C) at points, each a sum over all pixels that its filter covers."""
    x, y = points
    margin = SUPPORT.get(interpolation, 1) + 1
    height, width = image.shape[:2]
    reach = [max(0, int(-p.min()) + 1, int(p.max() - side) + 2) for p, side in ((y, height), (x, width))]
    reach = [min(r, 1000) + margin for r in reach]
    sides = [(reach[0], reach[0]), (reach[1], reach[1]), (0, 0)]
    deep = image.astype(np.float64).reshape(height, width, -1)
    if border == "constant":
        padded = np.empty((height + 2 * reach[0], width + 2 * reach[1], deep.shape[2]))
        padded[...] = value
        padded[reach[0] : reach[0] + height, reach[1] : reach[1] + width] = deep
    else:
        padded = np.pad(deep, sides, mode=border)  # type: ignore[call-overload]
    x, y = x + reach[1], y + reach[0]
    x, y = (
        np.clip(x, margin, padded.shape[1] - 1 - margin),
        np.clip(y, margin, padded.shape[0] - 1 - margin),
    )
    if interpolation == "nearest":
        result = padded[np.floor(y + 0.5).astype(int), np.floor(x + 0.5).astype(int)]
    else:
        support = SUPPORT[interpolation]
        kernel = oracles.KERNELS[interpolation]
        left, top = np.floor(x).astype(int), np.floor(y).astype(int)
        taps = range(1 - support, support + 1)
        across = np.stack([kernel(left + k - x) for k in taps])
        down = np.stack([kernel(top + k - y) for k in taps])
        across, down = across / across.sum(axis=0), down / down.sum(axis=0)
        result = np.zeros((*x.shape, deep.shape[2]))
        for row, k in zip(down, taps, strict=True):
            for column, j in zip(across, taps, strict=True):
                result += (row * column)[..., None] * padded[top + k, left + j]
    return result.reshape(*x.shape, *image.shape[2:])


def assert_close(have: NDArray[Any], real: Real, what: object = "", rounding: oracles.Rounding | None = None) -> None:
    """Within what is promised of the real value; integers clip it."""
    name = have.dtype.name
    if name == "uint8":
        (rounding or oracles.Rounding()).add(have, real, what, share=False)
        return
    if have.dtype.kind in "iu":
        real = oracles.clipped(real, have.dtype)
    error = np.abs(have.astype(np.float64) - real).max(initial=0.0)
    assert error <= TOLERANCE[name], f"{what}: {error} off"


def tie_free(points: tuple[Real, Real]) -> NDArray[np.bool_]:
    """Where nearest is not within 2^-16 pixel of a tie."""
    x, y = points
    return (np.abs(x - np.floor(x) - 0.5) > 2.0**-16) & (np.abs(y - np.floor(y) - 0.5) > 2.0**-16)
