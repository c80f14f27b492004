"""What filters are to compute, in float64: written for the purpose, tap by tap."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

BORDERS = ("constant", "edge", "reflect", "symmetric", "wrap")
#: The same in SciPy's words.
SCIPY = {"constant": "constant", "edge": "nearest", "reflect": "mirror", "symmetric": "reflect", "wrap": "wrap"}


def padded(image: NDArray[Any], reach: Any, border: tuple[str, str], value: float = 0) -> NDArray[Any]:
    """Continue an image by ((above, below), (left, right)) pixels."""
    for axis, (sides, name) in enumerate(zip(reach, border, strict=True)):
        widths = [(0, 0)] * image.ndim
        widths[axis] = sides
        image = np.pad(image, widths, mode=name, **({"constant_values": value} if name == "constant" else {}))
    return image


def weighted_sum(
    image: NDArray[Any],
    kernel: NDArray[Any],
    anchor: tuple[int, int] | None = None,
    border: tuple[str, str] = ("reflect", "reflect"),
    value: float = 0,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The sum of pixels times weights, and the sum of their magnitudes; ``anchor`` is (x, y)."""
    height, width = kernel.shape
    x, y = anchor or (width // 2, height // 2)
    wide = padded(image.astype(np.float64), ((y, height - 1 - y), (x, width - 1 - x)), border, value)
    total, magnitude = np.zeros(image.shape), np.zeros(image.shape)
    for j, i in np.argwhere(kernel):
        product = kernel[j, i] * wide[j : j + image.shape[0], i : i + image.shape[1]]
        total += product
        magnitude += np.abs(product)
    return total, magnitude


def assert_sum(have: NDArray[Any], sums: Any, exact: bool, what: object = None) -> None:
    """Integers within one level (``exact``: of the rounding), floats within their part of the sum of magnitudes."""
    total, magnitude = sums
    if have.dtype.kind in "iu":
        limits = np.iinfo(have.dtype)
        wanted = np.clip(np.floor(total + 0.5) if exact else total, limits.min, limits.max)
        assert np.abs(have - wanted).max(initial=0) <= (0 if exact else 1), what
    else:
        part = {"float16": 2.0**-11 + 3e-6, "float32": 3e-6, "float64": 1e-14}[have.dtype.name]
        smallest = 2.0**-24 if have.dtype == np.float16 else 0.0
        with np.errstate(over="ignore"):
            reached = np.abs(total.astype(have.dtype)) < np.inf  # the others overflow, as they should
        error = np.abs(have.astype(np.float64) - total)[reached]
        assert (error <= part * magnitude[reached] + smallest).all(), what


def gaussian_sum(
    image: NDArray[Any],
    sigma: tuple[float, float],
    border: tuple[str, str],
    value: float = 0,
    truncate: float | None = None,
) -> NDArray[np.float64]:
    """A gaussian as a matrix along each axis: cut at 4 sigma below sigma 4 or where told, else as far as doubles go."""
    result = image.astype(np.float64)
    for axis, (one, name) in enumerate(zip(sigma, border, strict=True)):
        if one == 0:
            continue
        reach = truncate if truncate is not None else 4.0 if one < 4 else 9.0
        radius = int(np.floor(reach * one + 0.5))
        k = np.arange(-radius, radius + 1)
        weights = np.exp(-0.5 * (k / one) ** 2)
        weights /= weights.sum()
        side = image.shape[axis]
        numbers = np.pad(np.arange(side), radius, mode="edge" if name == "constant" else name)  # type: ignore[call-overload]
        matrix, outside = np.zeros((side, side)), np.zeros(side)
        for j, weight in enumerate(weights):
            at = np.arange(side) + j - radius
            inside = (at >= 0) & (at < side) if name == "constant" else np.ones(side, bool)
            np.add.at(matrix, (np.flatnonzero(inside), numbers[j : j + side][inside]), weight)
            outside[~inside] += weight
        shape = (-1, 1, 1) if axis == 0 else (-1, 1)
        result = np.moveaxis(np.tensordot(matrix, result, (1, axis)), 0, axis) + value * outside.reshape(shape)
    return result
