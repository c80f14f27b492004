"""Kernels of neighbourhood sums as the backends take them: taps, passes and the arithmetic that sums them.

What is decided here follows from the kernel and the dtypes alone, so every backend, instruction set and thread count
computes the same sums in the same order. A plan is ``(arithmetic, passes)``, a pass ``(taps, shift)``, and taps are an
array of rows ``(dy, dx, weight)``, float64; taps without weight are left out, so what they would read may be NaN.

"integer"
    uint8 alone. The weights are int16 and the sums int32; a pass gives (sum + 2**(shift - 1)) >> shift. Kernels of
    whole numbers are exact (they count twice, with a shift of 1). Others are quantized to as many bits as fit, where
    what that and the 7 fractional bits kept between two passes can be off by stays below 0.45 levels.
"float32", "float64"
    One tap after the other in runs: all of a kernel whose taps lie within 32 elements (20 of a single row or column),
    else each of its rows, in pieces of 16 columns where rows are longer than that. Runs are added up to rows, rows to
    groups of 16, and these to the result. An error grows by the square root of the number of taps or less. float32 is
    used where the bound of its error allows, and where it is exact.
"""

from __future__ import annotations

import functools
import math
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Tap: TypeAlias = tuple[int, int, float]
Sums: TypeAlias = tuple[str, tuple[tuple[tuple[Tap, ...], int], ...]]
Plan: TypeAlias = tuple[str, tuple[tuple[NDArray[np.float64], int], ...]]
Weights: TypeAlias = tuple[float, ...]
TwoPasses: TypeAlias = tuple[Weights, Weights, tuple[int, int]]
DType: TypeAlias = np.dtype[Any]

#: Elements whose taps are summed one after the other; of a single row or column; columns, where a row has more; rows.
RUN, LINE, PIECE, GROUP = 32, 20, 16, 16
#: Fractional bits of int16 between two passes over uint8: 255 * 2**7 is below 2**15.
BETWEEN = 7
MOST_BITS = 22
#: Levels that quantized weights may be off by, before rounding.
MOST_ERROR_U8 = 0.45
#: What float32 may be off by: levels of integers before rounding; the part of the sum of absolute products otherwise.
MOST_ERROR_LEVELS, MOST_ERROR_REAL = 0.25, 3e-6
#: A kernel is the product of a column and a row where no element differs by a greater part.
RANK_ONE, RANK_ONE_F64 = 2.0**-22, 2.0**-49
#: Two passes cost as much as so many taps more than they have.
TWO_PASSES = 12

_PEAK = {"uint8": 255.0, "uint16": 65535.0, "int16": 32768.0}


@functools.lru_cache(maxsize=64)
def plan_kernel(data: bytes, shape: tuple[int, int], anchor: tuple[int, int], source: DType, result: DType) -> Plan:
    """Plan the sums of a kernel of float64, given as bytes; ``anchor`` is its element (y, x) on the pixel itself."""
    kernel = np.frombuffer(data).reshape(shape)
    factors = _factors(kernel, source, result)
    split = None if factors is None else plan_two(*factors, anchor, source, result)
    return _plan(_plan_product(kernel, anchor, source, result) if split is None else split)


@functools.lru_cache(maxsize=64)
def plan_separable(
    column: tuple[float, ...],
    row: tuple[float, ...],
    anchor: tuple[int, int],
    source: DType,
    result: DType,
) -> Plan:
    """Plan the sums of a column and a row: in two passes, where these take less than their product."""
    split = plan_two(column, row, anchor, source, result) if _saves(len(column), len(row)) else None
    if split is None:
        split = _plan_product(np.outer(np.asarray(column), np.asarray(row)), anchor, source, result)
    return _plan(split)


def _plan(sums: Sums) -> Plan:
    arithmetic, passes = sums
    arrays = []
    for taps, shift in passes:
        array = np.array(taps, np.float64).reshape(-1, 3)
        array.flags.writeable = False
        arrays.append((array, shift))
    return arithmetic, tuple(arrays)


def _saves(height: int, width: int) -> bool:
    """Whether two passes take less than one."""
    return height * width > height + width + TWO_PASSES


def _plan_product(kernel: NDArray[np.float64], anchor: tuple[int, int], source: DType, result: DType) -> Sums:
    taps = tuple((y - anchor[0], x - anchor[1], float(kernel[y, x])) for y, x in np.argwhere(kernel).tolist())
    return _plan_one(taps, source, result)


def _factors(kernel: NDArray[np.float64], source: DType, result: DType) -> tuple[Weights, Weights] | None:
    """Return the column and the row whose product the kernel is, where two passes take less than one."""
    height, width = kernel.shape
    if not _saves(height, width):
        return None
    magnitude = np.abs(kernel)
    y, x = divmod(int(magnitude.argmax()), width)
    if kernel[y, x] == 0.0:
        return None
    row, column = kernel[y].copy(), kernel[:, x] / kernel[y, x]
    if _is_whole(kernel.ravel().tolist()):
        # Exactly, in whole numbers: the row without the divisor that its elements share, which goes to the column.
        divisor = functools.reduce(math.gcd, (int(abs(one)) for one in row.tolist()))
        row /= divisor
        column = np.rint(column * divisor)
        return (tuple(column.tolist()), tuple(row.tolist())) if bool((column[:, None] * row == kernel).all()) else None
    wide = "float64" in (source.name, result.name)
    limit = RANK_ONE_F64 if wide else RANK_ONE
    if not bool((np.abs(column[:, None] * row - kernel) <= limit * magnitude).all()):
        return None
    return tuple(column.tolist()), tuple(row.tolist())


def plan_two(
    column: tuple[float, ...],
    row: tuple[float, ...],
    anchor: tuple[int, int],
    source: DType,
    result: DType,
) -> Sums | None:
    """Plan a pass down the columns and one along the rows; None where their arithmetic would not be exact enough.

    Integers are summed along the rows first: there they are bytes, of which a load that is not aligned has more.
    """
    whole = _is_whole(column) and _is_whole(row)
    down, across = _sum(map(abs, column)), _sum(map(abs, row))
    if source == np.uint8:
        fixed = _two_whole(row, column, result) if whole else _two_fixed(row, column, result)
        if fixed is not None:
            return _two_integers(fixed, anchor)
    arithmetic = _arithmetic(
        source, result, whole, down * across, _chain(len(column), 1) + _chain(1, len(row)) + 3, RANK_ONE
    )
    if whole and source.kind != "f" and result.kind != "f" and not _is_exact(source, down * across, arithmetic):
        return None
    return arithmetic, ((_taps(column, anchor[0], 0), 0), (_taps(row, anchor[1], 1), 0))


def _two_integers(fixed: TwoPasses, anchor: tuple[int, int]) -> Sums:
    first, second, shifts = fixed
    return "integer", ((_taps(first, anchor[1], 1), shifts[0]), (_taps(second, anchor[0], 0), shifts[1]))


@functools.lru_cache(maxsize=64)
def plan_levels(column: Weights, row: Weights, anchor: tuple[int, int], times: float) -> Plan | None:
    """Plan sums of uint8 as levels with `BETWEEN` fractional bits, which are multiplied by up to ``times``.

    None where that, with a multiplier of 14 bits, would not be exact enough.
    """
    most_error = MOST_ERROR_U8 / times - 255.0 / 2.0**14 - 0.5 / 2.0**BETWEEN
    fixed = _two_fixed(row, column, np.dtype(np.uint8), most_error)
    if fixed is None:
        return None
    first, second, (shift, last) = fixed
    return _plan(_two_integers((first, second, (shift, last - BETWEEN)), anchor))


def _plan_one(taps: tuple[Tap, ...], source: DType, result: DType) -> Sums:
    weights = tuple(weight for _, _, weight in taps)
    whole = _is_whole(weights)
    if source == np.uint8:
        fixed = _one_whole(weights, result) if whole else _one_fixed(weights, result)
        if fixed is not None:
            integers, shift = fixed
            kept = tuple((dy, dx, w) for (dy, dx, _), w in zip(taps, integers, strict=True) if w != 0.0)
            return "integer", ((kept, shift),)
    chain = _chain(*box(taps)[2:]) + 2 if taps else 0
    arithmetic = _arithmetic(source, result, whole, _sum(map(abs, weights)), chain, 0.0)
    return arithmetic, ((taps, 0),)


def _taps(weights: Weights, anchor: int, axis: int) -> tuple[Tap, ...]:
    return tuple(
        (k - anchor, 0, weight) if axis == 0 else (0, k - anchor, weight)
        for k, weight in enumerate(weights)
        if weight != 0.0
    )


def box(taps: tuple[Tap, ...]) -> tuple[int, int, int, int]:
    """Return where the taps lie: top, left, height and width."""
    rows, columns = [dy for dy, _, _ in taps], [dx for _, dx, _ in taps]
    return min(rows), min(columns), max(rows) - min(rows) + 1, max(columns) - min(columns) + 1


def longest_run(height: int, width: int) -> int:
    """Return how many elements of a box, or of a row of it, are summed one after the other."""
    return LINE if 1 in (height, width) else RUN


def _chain(height: int, width: int) -> int:
    """Return how many additions a term goes through at most in the sum of a box."""
    if height * width <= longest_run(height, width):
        return height * width
    across = width if width <= longest_run(height, width) else PIECE + -(-width // PIECE) - 1
    return across + min(height, GROUP) + -(-height // GROUP) - 1


def _arithmetic(source: DType, result: DType, whole: bool, gain: float, roundings: int, relative: float) -> str:
    """Return the arithmetic of reals; ``gain`` is the sum of the weights' magnitudes."""
    if "float64" in (source.name, result.name):
        return "float64"
    error = roundings * 2.0**-24 + relative
    if source.kind == "f":
        return "float32" if error <= MOST_ERROR_REAL else "float64"
    peak = _PEAK[source.name] * gain
    if whole:
        return "float32" if peak <= 2.0**24 else "float64"
    return (
        "float32"
        if error <= MOST_ERROR_REAL and (result.kind == "f" or error * peak <= MOST_ERROR_LEVELS)
        else "float64"
    )


def _is_exact(source: DType, gain: float, arithmetic: str) -> bool:
    return _PEAK[source.name] * gain <= (2.0**24 if arithmetic == "float32" else 2.0**53)


# ---- uint8 in integers


def _holds(result: DType, gain: float) -> bool:
    """Whether int16 holds the sums that become ``result``: it saturates as the result does, or they are small."""
    return result.name in ("uint8", "int16") or 255.0 * gain <= 32767.0


def _one_whole(weights: Weights, result: DType) -> tuple[Weights, int] | None:
    gain = _sum(map(abs, weights))
    if max(map(abs, weights), default=0.0) > 16383.0 or 510.0 * gain + 1.0 >= 2.0**31 or not _holds(result, gain):
        return None
    return tuple(2.0 * weight for weight in weights), 1


def _two_whole(first: Weights, second: Weights, result: DType) -> TwoPasses | None:
    gain, then = _sum(map(abs, first)), _sum(map(abs, second))
    if 255.0 * gain > 32767.0 or max(map(abs, second), default=0.0) > 16383.0:
        return None
    if 510.0 * gain * then + 1.0 >= 2.0**31 or not _holds(result, gain * then):
        return None
    return tuple(2.0 * weight for weight in first), tuple(2.0 * weight for weight in second), (1, 1)


def _one_fixed(weights: Weights, result: DType) -> tuple[Weights, int] | None:
    if result.name not in ("uint8", "int16"):
        return None
    bits = _bits(weights, 255.0 * _sum(map(abs, weights)), 0.5)
    if bits < 1:
        return None
    integers, error = _quantize(weights, bits)
    return (integers, bits) if 255.0 * error <= MOST_ERROR_U8 else None


def _two_fixed(first: Weights, second: Weights, result: DType, most_error: float = MOST_ERROR_U8) -> TwoPasses | None:
    gain = _sum(map(abs, first))
    if result.name not in ("uint8", "int16") or gain == 0.0:
        return None
    first, second = tuple(weight / gain for weight in first), tuple(weight * gain for weight in second)
    first_bits = _bits(first, 255.0, 0.5)
    before, before_error = _quantize(first, first_bits)
    peak = 255.0 * _sum(map(abs, before)) / 2.0**first_bits * 2.0**BETWEEN + 1.0
    total = _sum(map(abs, second))
    second_bits = _bits(second, peak * total, 0.5 * 2.0**BETWEEN)
    if peak > 32767.0 or second_bits < 1 or first_bits <= BETWEEN:
        return None
    behind, behind_error = _quantize(second, second_bits)
    error = 255.0 * before_error * total + 0.5 / 2.0**BETWEEN * total + 255.0 * behind_error
    if error > most_error:
        return None
    return before, behind, (first_bits - BETWEEN, second_bits + BETWEEN)


def _bits(weights: Weights, peak: float, rounding: float) -> int:
    """Return the most fractional bits at which weights fit int16 and sums of at most ``peak`` fit int32; or -1."""
    largest = max(map(abs, weights), default=0.0)
    for bits in range(MOST_BITS, -1, -1):
        # Rounding running sums moves a weight by up to one unit, of which inputs make 2**15 at most.
        slack = 2.0**15 * len(weights)
        if largest * 2.0**bits <= 32766.0 and (peak + rounding) * 2.0**bits + slack < 2.0**31:
            return bits
    return -1


def _quantize(weights: Weights, bits: int) -> tuple[Weights, float]:
    """Round the running sums, so that no weight is off by a whole unit and their sum by half of one; and the error."""
    unit, running, before, error = 2.0**bits, 0.0, 0.0, 0.0
    integers = []
    for weight in weights:
        running += weight
        here = math.floor(running * unit + 0.5) * 1.0 if weight != 0.0 else before
        integers.append(here - before)
        before = here
        error += abs(integers[-1] / unit - weight)
    return tuple(integers), error


def _is_whole(weights: Any) -> bool:
    return all(weight == math.floor(weight) for weight in weights)


def _sum(values: Any) -> float:
    """Add in order."""
    total = 0.0
    for value in values:
        total += value
    return total
