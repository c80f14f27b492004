"""Filters that look at a neighbourhood: the plans are those of ``pixlane._taps``."""

from __future__ import annotations

from typing import Any

import numpy as np

from pixlane.reference._arrays import array_module, as_nhwc, round_to
from pixlane.reference._borders import border_index, is_inside

# Reals are summed by sixteen: so many one after the other, then these sums.
GROUP = 16


def correlate(
    src: Any,
    dst: Any,
    layout: str,
    arithmetic: str,
    passes: tuple[tuple[tuple[tuple[int, int, float], ...], int], ...],
    borders: tuple[str, str],
    value: Any,
) -> None:
    """Sum the pixels around each, weighted: in one pass, or down the columns and then along the rows."""
    image, result = as_nhwc(src, layout), as_nhwc(dst, layout)
    if not result.size:
        return
    xp = array_module(src)
    integers = arithmetic == "integer"
    work = xp.int64 if integers else xp.dtype(arithmetic).type
    every = [(dy, dx) for taps, _ in passes for dy, dx, _ in taps] + [(0, 0)]
    reach = tuple((-min(one[axis] for one in every), max(one[axis] for one in every)) for axis in (0, 1))
    values = padded(xp, image, reach, borders, value).astype(work)
    with np.errstate(invalid="ignore", over="ignore"):
        for number, (taps, shift) in enumerate(passes):
            # What is left of the padding: the first of two passes leaves that of the rows.
            height = image.shape[1]
            width = image.shape[2] + (sum(reach[1]) if number + 1 < len(passes) else 0)
            left = 0 if number + 1 < len(passes) else reach[1][0]
            top = reach[0][0] if number == 0 else 0
            terms = [
                work(weight) * values[:, top + dy : top + dy + height, left + dx : left + dx + width]
                for dy, dx, weight in taps
            ]
            shape = (image.shape[0], height, width, image.shape[3])
            values = (
                _integers(xp, terms, shape, shift)
                if integers
                else _reals(xp, [dy for dy, _, _ in taps], terms, shape, work)
            )
        if integers:
            if result.dtype.kind != "f":
                limits = np.iinfo(result.dtype)
                values = xp.clip(values, limits.min, limits.max)
            result[...] = values.astype(result.dtype)
        else:
            result[...] = round_to(xp, values, result.dtype)


def _integers(xp: Any, terms: list[Any], shape: tuple[int, ...], shift: int) -> Any:
    total = xp.full(shape, 1 << (shift - 1), xp.int64)
    for term in terms:
        total = total + term
    return total >> shift


def _reals(xp: Any, rows: list[int], terms: list[Any], shape: tuple[int, ...], work: Any) -> Any:
    """Sum each row of taps by itself, then the rows."""
    if not terms:
        return xp.zeros(shape, work)
    by_row: dict[int, list[Any]] = {}
    for row, term in zip(rows, terms, strict=True):
        by_row.setdefault(row, []).append(term)
    return _by_sixteen([_by_sixteen(row) for row in by_row.values()])


def _by_sixteen(terms: list[Any]) -> Any:
    return _ordered([_ordered(terms[begin : begin + GROUP]) for begin in range(0, len(terms), GROUP)])


def _ordered(terms: list[Any]) -> Any:
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total


def padded(xp: Any, image: Any, reach: Any, borders: tuple[str, str], value: Any) -> Any:
    """Return an image (N, H, W, C) continued by ``reach``: (above, below) rows and (left, right) columns."""
    for axis, (before, behind), border in zip((1, 2), reach, borders, strict=True):
        side = image.shape[axis]
        index = xp.arange(-before, side + behind)
        image = xp.take(image, border_index(xp, index, side, border), axis=axis)
        if border == "constant":
            where = is_inside(index, side).reshape((-1, 1, 1) if axis == 1 else (-1, 1))
            image = xp.where(where, image, xp.asarray(value))
    return image


def magnitude(x: Any, y: Any, dst: Any, layout: str) -> None:
    """Return the length of the gradient whose components ``x`` and ``y`` are, of float32 or float64."""
    result = as_nhwc(dst, layout)
    xp = array_module(x)
    along_x, along_y = as_nhwc(x, layout), as_nhwc(y, layout)
    with np.errstate(invalid="ignore", over="ignore"):
        result[...] = round_to(xp, xp.sqrt(along_x * along_x + along_y * along_y), result.dtype)
