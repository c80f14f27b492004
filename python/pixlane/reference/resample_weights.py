"""Weights of separable resampling: the twin, to the last bit, of ``cpp/core/resample_weights``.

An axis is a table: for each output, the first input that it reads, how many, and their weights. Everything is made of
+ - * / and floor on doubles, in the order written, so that C++ and Python agree exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PI = 3.141592653589793
SUPPORT = {"bilinear": 1.0, "bicubic": 2.0, "lanczos": 3.0}
# Below this share of an output's footprint, a covered sliver is rounding of x * scale, not area.
SLIVER = 1e-9

Doubles = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Axis:
    """One axis of a separable resampling; ``weights[j, k]`` belongs to input ``first[j] + k`` for ``k < count[j]``."""

    first: Integers
    count: Integers
    weights: Doubles  # (outputs, taps); zero from count[j] on

    @property
    def taps(self) -> int:
        return int(self.count.max())

    @property
    def span(self) -> int:
        """How many inputs lie between the first and the last one read."""
        return int((self.first + self.count).max() - self.first.min())


def sin_pi(x: Doubles) -> Doubles:
    """sin(pi x) for moderate x: reduced to [-1/2, 1/2], then the Taylor series to x^21 (error below 1e-17)."""
    nearest = np.floor(x + 0.5)
    t = (x - nearest) * PI
    square = t * t
    series = np.zeros_like(t)
    for term in range(10, 0, -1):
        series = (1.0 - series) * square / float(2 * term * (2 * term + 1))
    odd = nearest - 2.0 * np.floor(nearest * 0.5)
    return (t - t * series) * (1.0 - 2.0 * odd)


def bilinear(t: Doubles) -> Doubles:
    t = np.abs(t)
    return np.where(t < 1.0, 1.0 - t, 0.0)


def bicubic(t: Doubles) -> Doubles:
    """Keys' cubic convolution with a = -1/2."""
    t = np.abs(t)
    inner = (1.5 * t - 2.5) * t * t + 1.0
    outer = (((t - 5.0) * t + 8.0) * t - 4.0) * -0.5
    return np.where(t < 1.0, inner, np.where(t < 2.0, outer, 0.0))


def lanczos(t: Doubles) -> Doubles:
    """sinc(t) sinc(t / 3), windowed to three lobes."""
    third = t / 3.0
    denominator = (PI * t) * (PI * third)
    safe = np.where(denominator == 0.0, 1.0, denominator)
    values = sin_pi(t) * sin_pi(third) / safe
    return np.where(denominator == 0.0, 1.0, np.where(np.abs(t) < 3.0, values, 0.0))


FILTERS = {"bilinear": bilinear, "bicubic": bicubic, "lanczos": lanczos}


def nearest_index(inputs: int, outputs: int, low: float, high: float) -> Integers:
    """The input pixel under the centre of each output pixel."""
    scale = (high - low) / outputs
    index = np.floor(low + (np.arange(outputs, dtype=np.float64) + 0.5) * scale)
    return np.clip(index, 0.0, inputs - 1.0).astype(np.int64)


def make_axis(inputs: int, outputs: int, low: float, high: float, interpolation: str, antialias: bool) -> Axis | None:
    """Weights that resample ``[low, high)`` of ``inputs`` pixels; None where every output is its input."""
    if inputs == outputs and low == 0.0 and high == float(inputs):
        return None
    scale = (high - low) / outputs
    x = np.arange(outputs, dtype=np.float64)
    if interpolation == "area":
        left = low + x * scale
        right = low + (x + 1.0) * scale
        first = np.floor(left)
        last = np.minimum(np.ceil(right), float(inputs))
        first = np.minimum(first, last - 1.0)
    else:
        stretch = scale if antialias and scale > 1.0 else 1.0
        support = SUPPORT[interpolation] * stretch
        centre = low + (x + 0.5) * scale
        first = np.maximum(np.floor(centre - support + 0.5), 0.0)
        last = np.minimum(np.floor(centre + support + 0.5), float(inputs))
    taps = int((last - first).max())
    k = first[:, None] + np.arange(taps, dtype=np.float64)
    if interpolation == "area":
        raw = np.minimum(k + 1.0, right[:, None]) - np.maximum(k, left[:, None])
        raw = np.where(raw > SLIVER * scale, raw, 0.0)
    else:
        raw = FILTERS[interpolation]((k + 0.5 - centre[:, None]) * (1.0 / stretch))
    raw = np.where(k < last[:, None], raw, 0.0)
    total = ordered_sum(raw)
    return _trimmed(first.astype(np.int64), raw / total[:, None])


def _trimmed(first: Integers, weights: Doubles) -> Axis:
    """Drop zero weights at both ends, so that a pixel without weight is not read (it may be NaN)."""
    used = weights != 0.0
    taps = weights.shape[1]
    lead = used.argmax(axis=1)
    count = taps - used[:, ::-1].argmax(axis=1) - lead
    k = np.arange(int(count.max()))
    index = np.minimum(lead[:, None] + k, taps - 1)
    kept = np.where(k < count[:, None], np.take_along_axis(weights, index, axis=1), 0.0)
    return Axis(first + lead, count.astype(np.int64), kept)


def ordered_sum(table: Doubles) -> Doubles:
    """Row sums in the order of the columns (NumPy's own sum goes pairwise)."""
    total = np.zeros(table.shape[0])
    for k in range(table.shape[1]):
        total = total + table[:, k]
    return total


@dataclass(frozen=True)
class FixedAxis:
    """Integer weights with ``bits`` fractional bits; each row sums to exactly 2**bits."""

    weights: Integers
    bits: int
    positive: float  # the largest sum of positive weights of any row, as a real number
    negative: float  # the largest sum of the others, without the sign
    error: float  # the largest sum of |integer - real| of any row


def quantize(axis: Axis, bits: int) -> FixedAxis:
    """Round the running sums of each row: no weight is off by a whole unit, and the row's sum is exact."""
    unit = float(2**bits)
    running = np.zeros(len(axis.count))
    before = np.zeros(len(axis.count), dtype=np.int64)
    weights = np.zeros(axis.weights.shape, dtype=np.int64)
    for k in range(axis.weights.shape[1]):
        running = running + axis.weights[:, k]
        here = np.floor(running * unit + 0.5).astype(np.int64)
        here = np.where(k < axis.count - 1, here, 2**bits)
        weights[:, k] = here - before
        before = here
    exact = weights.astype(np.float64) / unit
    return FixedAxis(
        weights,
        bits,
        float(ordered_sum(np.maximum(exact, 0.0)).max()),
        float(ordered_sum(np.maximum(-exact, 0.0)).max()),
        float(ordered_sum(np.abs(exact - axis.weights)).max()),
    )


def fixed_axis(axis: Axis, low: float, high: float, rounding: float) -> FixedAxis:
    """Quantize to the most bits (22 at most) at which weights fit int16 and sums over [-low, high] fit int32.

    ``rounding`` is the constant that the pass adds before it shifts, in units of its input.
    """
    largest = float(np.abs(axis.weights).max())
    bits = 22
    while largest * float(2**bits) > 32766.0:
        bits -= 1
    while True:
        fixed = quantize(axis, bits)
        peak = high * fixed.positive + low * fixed.negative
        if (peak + rounding) * float(2**bits) < 2147483648.0:
            return fixed
        bits -= 1


def is_vertical_first(rows: Axis, columns: Axis, outputs: tuple[int, int]) -> bool:
    """Choose the order of the passes by the work of each; a tie goes to the vertical pass, which streams whole rows."""
    height, width = float(outputs[0]), float(outputs[1])
    down, across = float(rows.taps), float(columns.taps)
    last_pass_across = height * width * across
    last_pass_down = height * width * down
    vertical_first = height * float(columns.span) * down + last_pass_across
    horizontal_first = float(rows.span) * width * across + last_pass_down
    return not 2.0 * horizontal_first < vertical_first
