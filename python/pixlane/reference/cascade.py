"""Gaussians: wide ones by a coarse grid, planned by ``pixlane._cascade``; and sharpening by any."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from pixlane.reference._arrays import array_module, as_nhwc, multiplied_by_alpha, round_colours, round_to
from pixlane.reference._borders import border_index, is_inside
from pixlane.reference.filters import correlate


def cascade(
    src: Any,
    dst: Any,
    layout: str,
    down: str,
    work: str,
    axes: tuple[Any, Any],
    borders: tuple[str, str],
    value: Any,
    premultiply: bool,
) -> None:
    """Go down to the coarse grid, columns first; blur there, rows first; and go up, rows first."""
    image, result = as_nhwc(src, layout), as_nhwc(dst, layout)
    if not result.size:
        return
    xp = array_module(src)
    if premultiply:
        image, value = multiplied_by_alpha(image), multiplied_by_alpha(value)
    (coarse_y, _, down_y, middle_y, up_y), (coarse_x, _, down_x, middle_x, up_x) = axes
    narrow = np.dtype(work).type
    wide = np.float64 if down == "float64" else narrow
    outside = xp.asarray(value)
    with np.errstate(invalid="ignore", over="ignore"):
        values = image
        if down_y is not None:
            values = _summed(xp, image.astype(xp.int64 if down == "integer" else wide), down_y, borders[0], outside, 1)
            if down == "integer":
                outside = outside.astype(xp.int64) << 7
        values, outside = values.astype(wide), outside.astype(wide)
        if down_x is not None:
            values = _summed(xp, values, down_x, borders[1], outside, 2)
        values, outside = values.astype(narrow), outside.astype(narrow)
        values = _summed(xp, values, middle_x, coarse_x, outside, 2)
        values = _summed(xp, values, middle_y, coarse_y, outside, 1)
        if up_x is not None:
            values = _summed(xp, values, up_x, coarse_x, outside, 2)
        if up_y is not None and up_y[2]:  # in integers
            values = round_to(xp, values, np.dtype(np.int16)).astype(xp.int64)
            result[...] = xp.clip(_summed(xp, values, up_y, coarse_y, outside, 1), 0, 255).astype(result.dtype)
            return
        if up_y is not None:
            values = _summed(xp, values, up_y, coarse_y, outside, 1)
        result[...] = round_colours(xp, values, result.dtype, premultiply)


def _summed(xp: Any, values: Any, table: Any, border: str, outside: Any, axis: int) -> Any:
    """Sum windows along an axis, tap by tap; ``outside`` is a pixel of the constant border."""
    first, weights, shift = table
    side = values.shape[axis]
    shape = (-1, 1, 1) if axis == 1 else (-1, 1)
    total = xp.full((), 1 << (shift - 1), xp.int64) if shift else None
    for k in range(weights.shape[1]):
        index = xp.asarray(first).astype(xp.int64) + k
        taken = xp.take(values, border_index(xp, index, side, border), axis=axis)
        if border == "constant":
            taken = xp.where(is_inside(index, side).reshape(shape), taken, outside)
        # Of integers an even number of taps is kept: the last may have no weight.
        term = xp.asarray(weights[:, k].astype(values.dtype)).reshape(shape) * taken
        total = term if total is None else total + term
    return total >> shift if shift else total


def unsharp(
    src: Any,
    dst: Any,
    layout: str,
    work: str,
    plan: Any,
    amount: float,
    threshold: float,
    borders: tuple[str, str],
    value: Any,
    premultiply: bool,
) -> None:
    """Add the difference to the blurred image; ``plan`` is that of `correlate` or that of `cascade`."""
    xp = array_module(src)
    if premultiply:
        colours, value = xp.empty(src.shape, xp.float64), multiplied_by_alpha(value)
        as_nhwc(colours, layout)[...] = multiplied_by_alpha(as_nhwc(src, layout))
        src = colours
    blurred = xp.empty(src.shape, xp.int16 if work == "integer" else work)
    if len(plan) == 2:
        arithmetic, passes = plan
        correlate(src, blurred, layout, arithmetic, passes, borders, value, False)
    else:
        down, _, axes = plan
        cascade(src, blurred, layout, down, work, axes, borders, value, False)
    if work == "integer":
        dst[...] = _sharpened_words(xp, src, blurred, amount, threshold).astype(dst.dtype)
        return
    exact = blurred.dtype.type
    with np.errstate(invalid="ignore", over="ignore"):
        values = src.astype(work)
        differences = values - blurred
        sharpened = values + exact(amount) * differences
        sharpened = xp.where(xp.abs(differences) <= exact(threshold), values, sharpened)
        as_nhwc(dst, layout)[...] = round_colours(xp, as_nhwc(sharpened, layout), dst.dtype, premultiply)


def _sharpened_words(xp: Any, src: Any, levels: Any, amount: float, threshold: float) -> Any:
    """Sharpen uint8 blurred to 1/128 level, the amount being a fraction of int16."""
    bits = 14
    while abs(amount) * (1 << bits) > 16384:
        bits -= 1
    numerator = math.floor(amount * (1 << bits) + 0.5)
    values = src.astype(xp.int64)
    differences = (values << 7) - levels
    sharpened = (numerator * differences + ((values << 7) << bits) + (1 << (bits + 6))) >> (bits + 7)
    limit = math.floor(min(threshold * 128, 32767.0))
    return xp.where(xp.abs(differences) <= limit, values, xp.clip(sharpened, 0, 255))
