"""resize: separable resampling with Pillow's filters, a definition that every backend repeats bit for bit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from pixlane.reference._arrays import array_module, as_nhwc, multiplied_by_alpha, round_colours
from pixlane.reference.resample_weights import (
    Axis,
    FixedAxis,
    fixed_axis,
    is_vertical_first,
    make_axis,
    nearest_index,
)

# float32 sums of at most this many taps (both passes) stay within 2e-6 of the real value.
MOST_TAPS_F32 = 40
# uint8 falls back to float64 where quantized weights could be off by this many levels before rounding.
MOST_ERROR_U8 = 0.45


@dataclass(frozen=True)
class FixedPlan:
    """uint8 in integers: weights of each axis, and the fractional bits kept between the passes."""

    rows: FixedAxis | None
    columns: FixedAxis | None
    between: int


@dataclass(frozen=True)
class Plan:
    """Everything that the arguments decide: the tables, the order of the passes and the arithmetic."""

    rows: Axis | None
    columns: Axis | None
    vertical_first: bool
    work: Any  # float32 or float64; unused when ``fixed`` is there
    fixed: FixedPlan | None


def make_plan(
    shape: tuple[int, int],
    size: tuple[int, int],
    dtype: Any,
    interpolation: str,
    antialias: bool,
    box: tuple[float, float, float, float] | None,
    premultiply: bool,
) -> Plan:
    """Decide how to resize; it depends on the arguments alone, so that every backend decides alike."""
    left, top, right, bottom = box if box is not None else (0.0, 0.0, float(shape[1]), float(shape[0]))
    rows = make_axis(shape[0], size[0], top, bottom, interpolation, antialias)
    columns = make_axis(shape[1], size[1], left, right, interpolation, antialias)
    vertical_first = rows is not None and (columns is None or is_vertical_first(rows, columns, size))
    fixed = None
    if np.dtype(dtype) == np.uint8 and not premultiply:
        fixed = make_fixed(rows, columns, vertical_first)
    taps = (rows.taps if rows else 0) + (columns.taps if columns else 0)
    wide = premultiply or np.dtype(dtype) in (np.uint8, np.float64) or taps > MOST_TAPS_F32
    return Plan(rows, columns, vertical_first, np.float64 if wide else np.float32, fixed)


def make_fixed(rows: Axis | None, columns: Axis | None, vertical_first: bool) -> FixedPlan | None:
    """Quantize both passes, or return None where the proven error is too large."""
    if rows is None or columns is None:
        only = rows if rows is not None else columns
        if only is None:
            return FixedPlan(None, None, 0)
        alone = fixed_axis(only, 0.0, 255.0, 0.5)
        if alone.error * 127.5 > MOST_ERROR_U8:
            return None
        return FixedPlan(alone if rows is not None else None, alone if rows is None else None, 0)
    one, two = (rows, columns) if vertical_first else (columns, rows)
    first = fixed_axis(one, 0.0, 255.0, 0.5)
    between = 7
    while 255.0 * first.positive * float(2**between) + 1.0 > 32767.0:
        between -= 1
    unit = float(2**between)
    low, high = 255.0 * first.negative * unit + 1.0, 255.0 * first.positive * unit + 1.0
    second = fixed_axis(two, low, high, 0.5 * unit)
    spread_one, spread_two = first.positive + first.negative, second.positive + second.negative
    error = first.error * 127.5 * spread_two + 0.5 / unit * spread_two + second.error * 127.5 * spread_one
    if error > MOST_ERROR_U8:
        return None
    return FixedPlan(first, second, between) if vertical_first else FixedPlan(second, first, between)


def resize(
    src: Any,
    dst: Any,
    layout: str,
    interpolation: str,
    antialias: bool,
    box: tuple[float, float, float, float] | None,
    premultiply: bool,
) -> None:
    """Resize ``src`` into ``dst``."""
    image, result = as_nhwc(src, layout), as_nhwc(dst, layout)
    if result.size:
        result[...] = resized(image, result.shape[1:3], interpolation, antialias, box, premultiply)


def resized(
    image: Any,
    size: tuple[int, int],
    interpolation: str,
    antialias: bool,
    box: tuple[float, float, float, float] | None,
    premultiply: bool,
) -> Any:
    """Return ``image`` (N, H, W, C) resized to ``size``, in its own dtype."""
    xp = array_module(image)
    shape = image.shape[1:3]
    if interpolation == "nearest":
        left, top, right, bottom = box if box is not None else (0.0, 0.0, float(shape[1]), float(shape[0]))
        rows = xp.asarray(nearest_index(shape[0], size[0], top, bottom))
        columns = xp.asarray(nearest_index(shape[1], size[1], left, right))
        return image[:, rows][:, :, columns]
    plan = make_plan(shape, size, image.dtype, interpolation, antialias, box, premultiply)
    if plan.rows is None and plan.columns is None:
        return image.copy()
    if plan.fixed is not None:
        return fixed_passes(xp, image, plan, plan.fixed)
    values = multiplied_by_alpha(image) if premultiply else image.astype(plan.work)
    passes = [(plan.rows, 1), (plan.columns, 2)]
    for axis, dimension in passes if plan.vertical_first else reversed(passes):
        if axis is not None:
            values = float_pass(xp, values, axis, dimension)
    return round_colours(xp, values, image.dtype, premultiply)


def taps_along(xp: Any, values: Any, axis: Axis, k: int, dimension: int) -> Any:
    """Tap ``k`` of every output; outputs with fewer taps repeat their last one."""
    index = axis.first + np.minimum(k, axis.count - 1)
    return xp.take(values, xp.asarray(index), axis=dimension)


def along(xp: Any, column: Any, dimension: int) -> Any:
    """Shape a value per output so that it broadcasts along ``dimension`` of N,H,W,C."""
    return xp.asarray(column).reshape((1,) * dimension + (-1,) + (1,) * (3 - dimension))


def fixed_passes(xp: Any, image: Any, plan: Plan, fixed: FixedPlan) -> Any:
    values = image.astype(xp.int32)
    passes = [(plan.rows, fixed.rows, 1), (plan.columns, fixed.columns, 2)]
    passes = [one for one in (passes if plan.vertical_first else passes[::-1]) if one[0] is not None]
    have = 0  # fractional bits so far
    for number, (axis, table, dimension) in enumerate(passes):
        assert axis is not None and table is not None
        want = fixed.between if number + 1 < len(passes) else 0
        shift = table.bits + have - want
        weights = table.weights.astype(np.int32)
        total = xp.full((), 1 << (shift - 1), xp.int32)
        for k in range(weights.shape[1]):
            total = total + along(xp, weights[:, k], dimension) * taps_along(xp, values, axis, k, dimension)
        values = total >> shift
        have = want
    return xp.clip(values, 0, 255).astype(xp.uint8)


def float_pass(xp: Any, values: Any, axis: Axis, dimension: int) -> Any:
    weights = axis.weights.astype(values.dtype)
    with np.errstate(invalid="ignore", over="ignore"):
        total = along(xp, weights[:, 0], dimension) * taps_along(xp, values, axis, 0, dimension)
        for k in range(1, weights.shape[1]):
            sums = total + along(xp, weights[:, k], dimension) * taps_along(xp, values, axis, k, dimension)
            total = xp.where(along(xp, axis.count > k, dimension), sums, total)
    return total
