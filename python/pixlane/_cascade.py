"""Gaussians of any width at a cost that does not grow with it: filters on a coarser grid, planned in float64.

Along each axis an image is taken to a coarse grid (``down``), blurred there (``middle``) and taken back (``up``). What
goes down and up weighs by phi, the exponential of a semicircle (Barnett, Magland and af Klinteberg 2019), a window of a
few coarse pixels. The middle is the gaussian whose transform is divided by that of phi, twice, so that all three make
the gaussian itself. The coarse grid is laid so that beyond its sides it continues as the image does beyond its own:
of a mirrored image the coarse one is mirrored, of a repeated one repeated; where the image is constant outside, the
grid goes on until it is constant too. So nothing grows with sigma, not even what is read beyond the sides.

Everything is made of + - * /, floor and square roots in the order written, so every machine plans alike. A plan is
``(down, work, axis of columns, axis of rows)``: the arithmetic on the way down ("integer", "float32", "float64") and of
all else, but that columns of uint8 may rise in integers, too, of int16 with 7 fractional bits; an axis is ``(border,
coarse pixels, down, middle, up)`` and a table ``(first, weights, shift)``: output j is the sum of
``weights[j, k] * input[first[j] + k]`` in the order of k, and beyond the sides the border says what an input is. A
table with one row of weights has it for all outputs. ``down`` and ``up`` are None where sigma is small, or zero: the
middle then is the gaussian itself, cut off.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pixlane.reference._borders import border_index
from pixlane.reference.displacement import exponential
from pixlane.reference.resample_weights import Axis, fixed_axis, ordered_sum, sin_pi

DType: TypeAlias = np.dtype[Any]
Doubles: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]
Table: TypeAlias = tuple[NDArray[np.int32], NDArray[Any], int]
PlannedAxis: TypeAlias = tuple[str, int, Table | None, Table, Table | None]
Plan: TypeAlias = tuple[str, str, PlannedAxis, PlannedAxis]

#: From this sigma on a coarse grid is used; below, a gaussian is cut at CUT sigma.
COARSE, CUT = 4.0, 4.0
#: Fractional bits of uint8 that has gone down the columns.
BETWEEN = 7
#: What may be off by at most: weights of integers, in levels; roundings of float32, in parts of the range.
MOST_ERROR_U8, MOST_ERROR_F32 = 0.05, 7e-6
#: Where nothing but a constant lies outside, a gaussian of so many times the side is as good as any wider one (3e-6).
WIDEST = 2.0**17
#: Of a periodic image: its mean, to float64.
WIDEST_PERIODIC = 1.4
#: Samples of a transform over half its period.
FREQUENCIES = 128


@dataclass(frozen=True)
class Quality:
    """How finely a gaussian is made: what remains is a part of the range, for both axes together."""

    window: int  # coarse pixels that phi covers
    beta: float  # of phi, for each coarse pixel of it
    ratio: float  # sigma in coarse pixels, at least
    reach: float  # of the middle, in its sigma
    error: float


U8 = Quality(5, 2.3, 1.6, 4.1, 1e-4)
REAL = Quality(7, 2.4, 2.0, 5.6, 1e-6)
WIDE = Quality(8, 2.4, 2.5, 5.6, 6e-8)


@dataclass(frozen=True)
class Windows:
    """A table in float64 whose inputs may lie beyond the sides."""

    first: Integers
    weights: Doubles


def plan(
    sigma: tuple[float, float],
    size: tuple[int, int],
    borders: tuple[str, str],
    source: DType,
    result: DType,
) -> Plan:
    """Plan a blur; sigma and borders are of the columns, then of the rows."""
    return _plan(sigma, (max(size[0], 1), max(size[1], 1)), borders, source.name, result.name)


@functools.lru_cache(maxsize=32)
def _plan(
    sigma: tuple[float, float],
    size: tuple[int, int],
    borders: tuple[str, str],
    source: str,
    result: str,
) -> Plan:
    wide = "float64" in (source, result)
    quality = WIDE if wide else U8 if source == result == "uint8" else REAL
    axes = [_axis(*each, quality) for each in zip(sigma, size, borders, strict=True)]
    down, fixed = "float64", None
    if not wide:
        roundings = sum(_roundings(each) for each in axes)
        if quality.error + roundings * 2.0**-24 <= MOST_ERROR_F32 and (source != "uint8" or axes[0][2] is None):
            down = "float32"
        if source == result == "uint8" and axes[0][2] is not None:
            table = axes[0][2]
            listed = Axis(table.first, np.full(len(table.first), table.weights.shape[1]), table.weights)
            fixed = fixed_axis(listed, 0.0, 255.0, 0.5)
            # Across, float32 is enough for uint8: its roundings are of 1/2**24 of the range.
            if 255.0 * fixed.error <= MOST_ERROR_U8:
                down = "integer"
    rising = None
    if source == result == "uint8" and axes[0][4] is not None:
        table = axes[0][4]
        listed = Axis(table.first, np.full(len(table.first), table.weights.shape[1]), table.weights)
        rising = fixed_axis(listed, 32768.0, 32767.0, 0.5 * 2.0**BETWEEN)
        if 255.0 * rising.error > MOST_ERROR_U8:
            rising = None
    work: Any = np.float64 if wide else np.float32
    planned = []
    for number, (border, coarse, below, middle, up) in enumerate(axes):
        scale = 1.0
        kept: Table | None = None
        risen: Table | None = None
        if below is not None and number == 0 and down == "integer":
            assert fixed is not None
            kept = _table(below.first, _even(fixed.weights), fixed.bits - BETWEEN)
            scale = 2.0**-BETWEEN
        elif below is not None:
            kept = _table(below.first, below.weights.astype(np.float64 if down == "float64" else work), 0)
        if up is not None and number == 0 and rising is not None:
            risen = _table(up.first, _even(rising.weights), rising.bits + BETWEEN)
            scale *= 2.0**BETWEEN
        elif up is not None:
            risen = _table(up.first, up.weights.astype(work), 0)
        planned.append(
            (
                border,
                coarse,
                kept,
                _table(middle.first, (middle.weights * scale).astype(work), 0),
                risen,
            )
        )
    return down, "float64" if wide else "float32", planned[0], planned[1]


def _even(weights: Integers) -> NDArray[np.int16]:
    """Return weights in pairs: of an odd number of taps another one has none."""
    taps = weights.shape[1]
    integers = np.zeros((len(weights), taps + taps % 2), np.int16)
    integers[:, :taps] = weights
    return integers


def _table(first: Integers, weights: NDArray[Any], shift: int) -> Table:
    starts = first.astype(np.int32)
    weights = np.ascontiguousarray(weights)
    starts.flags.writeable = weights.flags.writeable = False
    return starts, weights, shift


def _roundings(axis: tuple[str, int, Windows | None, Windows, Windows | None]) -> float:
    """Return the units in the last place that float32 may be off by: a tap goes through half of the sum's additions."""
    return sum([table.weights.shape[1] / 2.0 + 1.0 for table in axis[2:] if table is not None], 0.0)


def _axis(
    sigma: float, side: int, border: str, quality: Quality
) -> tuple[str, int, Windows | None, Windows, Windows | None]:
    if sigma < COARSE:
        weights = np.asarray(cut_weights(sigma, CUT))
        cut = Windows(np.arange(side, dtype=np.int64) - len(weights) // 2, weights[None])
        return border, side, None, cut, None
    grows = border in ("edge", "constant")
    # The length that the pixels of the coarse grid divide.
    length = float(side) if grows or border != "reflect" else float(max(side - 1, 1))
    period = length if border == "wrap" else 2.0 * length
    sigma = min(sigma, WIDEST * side if grows else WIDEST_PERIODIC * period)
    pixels = max(1, math.ceil(length * quality.ratio / sigma))
    step = length / pixels
    beyond = (quality.window + 2) // 2 if grows else 0
    mirrored = border == "reflect"
    coarse = pixels + 2 * beyond + (1 if mirrored else 0)
    # Where coarse pixels are among the fine ones, and the other way round.
    number = np.arange(coarse, dtype=np.float64) - beyond
    at = number * step if mirrored else (number + 0.5) * step - 0.5
    fine = np.arange(side, dtype=np.float64)
    back = fine / step if mirrored else (fine + 0.5) / step - 0.5 + beyond
    half = 0.5 * quality.window
    down = _windows(at, 1.0 / step, half * step, math.ceil(quality.window * step), quality)
    up = _windows(back, 1.0, half, quality.window, quality)
    middle = _middle(sigma / step, quality)
    of_coarse = "edge" if grows else border
    radius = len(middle) // 2
    each = Windows(np.arange(coarse, dtype=np.int64) - radius, middle[None])
    return of_coarse, coarse, _folded(down, side, border), _folded(each, coarse, of_coarse), up


def _windows(centre: Doubles, scale: float, half: float, taps: int, quality: Quality) -> Windows:
    first = np.floor(centre - half) + 1.0
    k = first[:, None] + np.arange(taps, dtype=np.float64)
    weights = phi((k - centre[:, None]) * scale, quality)
    return Windows(first.astype(np.int64), weights / ordered_sum(weights)[:, None])


def phi(t: Doubles, quality: Quality) -> Doubles:
    """Return the exponential of a semicircle over ``window`` coarse pixels around 0; 1 in the middle."""
    at = t * (2.0 / quality.window)
    rest = 1.0 - at * at
    inside = rest > 0.0
    return np.where(inside, exponentials(quality.beta * quality.window * (np.sqrt(np.maximum(rest, 0.0)) - 1.0)), 0.0)


def exponentials(x: Doubles) -> Doubles:
    """exp(x) for x <= 0, as `exponential`."""
    x = np.maximum(x, -700.0)
    halvings = np.floor(x * -1.4426950408889634 + 0.5)
    rest = (x + halvings * 0.6931471803691238) + halvings * 1.9082149292705877e-10
    total = np.ones_like(x)
    for term in range(16, 0, -1):
        total = 1.0 + total * rest / float(term)
    return np.ldexp(total, -halvings.astype(np.int64))


@functools.lru_cache(maxsize=8)
def _transform(quality: Quality) -> tuple[Doubles, Doubles]:
    """Return frequencies, cycles in a coarse pixel, of the upper half of a period, and the transform of phi there."""
    frequency = (np.arange(FREQUENCIES, dtype=np.float64) + 0.5) * (0.5 / FREQUENCIES)
    points = 32 * quality.window
    t = (np.arange(points, dtype=np.float64) + 0.5) * (0.5 * quality.window / points)
    weights = phi(t, quality)
    total = np.zeros_like(frequency)
    area = 0.0
    for at, weight in zip(t.tolist(), weights.tolist(), strict=True):
        total = total + weight * sin_pi(frequency * (2.0 * at) + 0.5)
        area += weight
    return frequency, total / area


def _middle(sigma: float, quality: Quality) -> Doubles:
    """Return the taps on the coarse grid, with ``sigma`` in its pixels."""
    variance = sigma * sigma - 2.0 * _variance(quality)
    radius = math.ceil(quality.reach * math.sqrt(variance))
    k = np.arange(radius + 1, dtype=np.float64)
    if sigma <= 8.0:
        frequency, of_phi = _transform(quality)
        turn = (2.0 * 3.141592653589793 * sigma) * frequency
        spectrum = exponentials(-0.5 * turn * turn) / (of_phi * of_phi)
        half = np.zeros(radius + 1)
        for each, part in zip(frequency.tolist(), spectrum.tolist(), strict=True):
            half = half + part * sin_pi((2.0 * each) * k + 0.5)
    else:  # so narrow a spectrum that phi's is a gaussian's: variances are subtracted
        half = exponentials(-0.5 * k * k / variance)
    taps = np.concatenate([half[:0:-1], half])
    return np.asarray(taps / ordered_sum(taps[None])[0])


@functools.lru_cache(maxsize=8)
def _variance(quality: Quality) -> float:
    points = 32 * quality.window
    t = (np.arange(points, dtype=np.float64) + 0.5) * (0.5 * quality.window / points)
    weights = phi(t, quality)
    return float(ordered_sum((weights * t * t)[None])[0] / ordered_sum(weights[None])[0])


@functools.lru_cache(maxsize=64)
def cut_weights(sigma: float, truncate: float) -> tuple[float, ...]:
    """Return a gaussian over ``truncate`` sigma to either side, rounded to whole pixels, of sum one."""
    radius = math.floor(truncate * sigma + 0.5)
    if radius == 0:
        return (1.0,)
    half = [exponential(-0.5 * (float(k) / sigma) * (float(k) / sigma)) for k in range(radius + 1)]
    total = 0.0
    for weight in reversed(half[1:]):
        total += weight
    total = 2.0 * total + half[0]
    return tuple(weight / total for weight in (*half[:0:-1], *half))


def _folded(table: Windows, side: int, border: str) -> Windows:
    """Gather the weights of windows that are longer than the side at the pixels that they read."""
    taps = table.weights.shape[1]
    # A constant border is one pixel to the left, and one to the right.
    low, high = (-1, side + 1) if border == "constant" else (0, side)
    if taps <= high - low:
        return table
    outputs = len(table.first)
    weights = np.zeros((outputs, high - low))
    shared = len(table.weights) == 1
    for j in range(outputs):
        index = table.first[j] + np.arange(taps)
        at = np.clip(index, -1, side) + 1 if border == "constant" else border_index(np, index, side, border)
        # Adds in the order of the taps.
        weights[j] = np.bincount(at, table.weights[0 if shared else j], minlength=high - low)
    return Windows(np.full(outputs, low, np.int64), weights)
