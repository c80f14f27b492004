"""Filters that look at a neighbourhood: the plans are those of ``pixlane._taps``."""

from __future__ import annotations

from typing import Any

import numpy as np

from pixlane import _taps
from pixlane.reference._arrays import array_module, as_nhwc, multiplied_by_alpha, round_colours, round_to
from pixlane.reference._borders import border_index, is_inside


def correlate(
    src: Any,
    dst: Any,
    layout: str,
    arithmetic: str,
    passes: tuple[tuple[Any, int], ...],
    borders: tuple[str, str],
    value: Any,
    premultiply: bool,
) -> None:
    """Sum the pixels around each, weighted: in one pass, or in two, one of columns and one of rows."""
    image, result = as_nhwc(src, layout), as_nhwc(dst, layout)
    if not result.size:
        return
    xp = array_module(src)
    if premultiply:
        image, value = multiplied_by_alpha(image), multiplied_by_alpha(value)
    integers = arithmetic == "integer"
    work = xp.int64 if integers else xp.dtype(arithmetic).type
    listed = [([(int(dy), int(dx), weight) for dy, dx, weight in taps.tolist()], shift) for taps, shift in passes]
    every = [(dy, dx) for taps, _ in listed for dy, dx, _ in taps] + [(0, 0)]
    reach = tuple((-min(one[axis] for one in every), max(one[axis] for one in every)) for axis in (0, 1))
    values = padded(xp, image, reach, borders, value).astype(work)
    with np.errstate(invalid="ignore", over="ignore"):
        for number, (taps, shift) in enumerate(listed):
            # What is left of the padding: what a second pass reads.
            later = [tap for behind, _ in listed[number + 1 :] for tap in behind]
            kept = [any(tap[axis] for tap in later) for axis in (0, 1)]
            height, width = (image.shape[1 + axis] + kept[axis] * sum(reach[axis]) for axis in (0, 1))
            before = [(values.shape[1 + axis] > image.shape[1 + axis]) * reach[axis][0] for axis in (0, 1)]
            top, left = (0 if kept[axis] else before[axis] for axis in (0, 1))
            terms = [
                work(weight) * values[:, top + dy : top + dy + height, left + dx : left + dx + width]
                for dy, dx, weight in taps
            ]
            shape = (image.shape[0], height, width, image.shape[3])
            values = _integers(xp, terms, shape, shift) if integers else _reals(xp, taps, terms, shape, work)
        if integers:
            if result.dtype.kind != "f":
                limits = np.iinfo(result.dtype)
                values = xp.clip(values, limits.min, limits.max)
            result[...] = values.astype(result.dtype)
        else:
            result[...] = round_colours(xp, values, result.dtype, premultiply)


def _integers(xp: Any, terms: list[Any], shape: tuple[int, ...], shift: int) -> Any:
    total = xp.full(shape, 1 << (shift - 1), xp.int64)
    for term in terms:
        total = total + term
    return total >> shift


def _reals(xp: Any, taps: Any, terms: list[Any], shape: tuple[int, ...], work: Any) -> Any:
    """Sum runs of taps, of these the rows, of these groups, and of these the result."""
    if not terms:
        return xp.zeros(shape, work)
    top, left, height, width = _taps.box(taps)
    longest = _taps.longest_run(height, width)
    if height * width <= longest:
        return _ordered(terms)
    piece = width if width <= longest else _taps.PIECE
    runs: dict[tuple[int, int, int], list[Any]] = {}
    for (dy, dx, _), term in zip(taps, terms, strict=True):
        runs.setdefault(((dy - top) // _taps.GROUP, dy, (dx - left) // piece), []).append(term)
    sums: dict[tuple[int, ...], Any] = {key: _ordered(run) for key, run in runs.items()}
    for depth in (2, 1, 0):
        level: dict[tuple[int, ...], list[Any]] = {}
        for key, each in sums.items():
            level.setdefault(key[:depth], []).append(each)
        sums = {key: _ordered(each) for key, each in level.items()}
    return sums[()]


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


def magnitude(src: Any, dst: Any, layout: str, real: str, x: Any, y: Any, borders: tuple[str, str], value: Any) -> None:
    """Return the length of the gradient whose components two correlations are, rounded to ``real``."""
    xp = array_module(src)
    along = [xp.zeros(src.shape, real) for _ in range(2)]
    for each, (arithmetic, passes) in zip(along, (x, y), strict=True):
        correlate(src, each, layout, arithmetic, passes, borders, value, False)
    along_x, along_y = (as_nhwc(each, layout) for each in along)
    with np.errstate(invalid="ignore", over="ignore"):
        as_nhwc(dst, layout)[...] = round_to(xp, xp.sqrt(along_x * along_x + along_y * along_y), dst.dtype)
