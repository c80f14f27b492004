"""Means of rectangles: sums of integers, and of reals in the order of ``pixlane.blur``."""

from __future__ import annotations

from typing import Any

import numpy as np

from pixlane.reference._arrays import array_module, as_nhwc, multiplied_by_alpha, round_colours, round_to
from pixlane.reference.filters import padded


def box(
    src: Any,
    dst: Any,
    layout: str,
    arithmetic: str,
    down: str,
    window: tuple[int, int, int, int],
    block: int,
    levels: tuple[tuple[tuple[int, int], ...], ...],
    borders: tuple[str, str],
    value: Any,
    premultiply: bool,
    mask: Any,
) -> None:
    """Return the mean of the window (top, left, rows, columns) around each pixel, or of what ``mask`` leaves of it."""
    image, result = as_nhwc(src, layout), as_nhwc(dst, layout)
    if not result.size:
        return
    xp = array_module(src)
    if premultiply:
        image, value = multiplied_by_alpha(image), multiplied_by_alpha(value)
    top, left, rows, columns = window
    reach = ((-top, top + rows - 1), (-left, left + columns - 1))
    integers = arithmetic in ("uint16", "int32")
    work = xp.dtype("int64" if integers else arithmetic).type
    values = padded(xp, image, reach, borders, value).astype(work)
    counts: Any = None
    if mask is not None:
        counted = padded(xp, (mask != 0).astype(xp.int64)[..., None], reach, borders, 1)
        values = xp.where(counted != 0, values, work(0))
        counts = _along(_in_order(counted, rows), levels)
    with np.errstate(invalid="ignore", over="ignore"):
        if down == "eight":
            rows_summed = _eight(xp, values, rows)
        elif down == "blocks":
            rows_summed = _blocks(xp, values, rows, block, top)
        else:
            rows_summed = _in_order(values, rows)
        sums = _along(rows_summed, levels)
        if counts is None:
            counts, counted_any = work(rows * columns), None
            if arithmetic == "float32":
                result[...] = round_to(xp, sums * xp.float32(1.0 / (rows * columns)), result.dtype)
                return
        else:
            counted_any = counts != 0
            counts = xp.where(counted_any, counts, 1).astype(work)
        if integers and result.dtype.kind != "f":
            limits = np.iinfo(result.dtype)
            means = xp.clip((2 * sums + counts) // (2 * counts), limits.min, limits.max).astype(result.dtype)
        elif integers:
            means = round_to(xp, sums.astype(xp.float64) / xp.asarray(counts).astype(xp.float64), result.dtype)
        else:
            means = round_colours(xp, sums / counts, result.dtype, premultiply)
        result[...] = means if counted_any is None else xp.where(counted_any, means, xp.zeros((), means.dtype))


def _in_order(values: Any, rows: int) -> Any:
    height = values.shape[1] - rows + 1
    total = values[:, :height]
    for k in range(1, rows):
        total = total + values[:, k : k + height]
    return total


def _eight(xp: Any, values: Any, rows: int) -> Any:
    """Sum what eight results have in common, then what lies above it, upwards, and what lies below, downwards."""
    results = []
    for y in range(values.shape[1] - rows + 1):
        first = y // 8 * 8
        if y == first:
            common = values[:, first + 7]
            for k in range(first + 8, first + rows):
                common = common + values[:, k]
        above = common
        for k in range(first + 6, y - 1, -1):
            above = above + values[:, k]
        if y > first:
            below = values[:, first + rows]
            for k in range(first + rows + 1, y + rows):
                below = below + values[:, k]
            above = above + below
        results.append(above)
    return xp.stack(results, axis=1)


def _blocks(xp: Any, values: Any, rows: int, block: int, top: int) -> Any:
    """Sum windows of rows: what is below the first row in its block, whole blocks, what is above the last row."""
    height = values.shape[1] - rows + 1
    # Row y of the image is row y - top of `values`.
    running: dict[int, Any] = {}  # by row, from the first one of its block

    def row(y: int) -> Any:
        return values[:, y - top]

    for y in range(top, top + values.shape[1]):
        running[y] = row(y) if y % block == 0 or y == top else running[y - 1] + row(y)
    results = []
    for y in range(top, top + height):
        end = y + rows
        first, last = -(-y // block) * block, end // block * block
        parts = []
        if y < first:
            below = row(first - 1)
            for at in range(first - 2, y - 1, -1):
                below = row(at) + below
            parts.append(below)
        if first < last:
            whole = running[first + block - 1]
            for at in range(first + block, last, block):
                whole = whole + running[at + block - 1]
            parts.append(whole)
        if last < end:
            parts.append(running[end - 1])
        total = parts[0]
        for part in parts[1:]:
            total = total + part
        results.append(total)
    return xp.stack(results, axis=1)


def _along(values: Any, levels: tuple[tuple[tuple[int, int], ...], ...]) -> Any:
    """Sum windows of columns, each level out of windows of earlier ones."""
    of_level, lengths = [values], [1]
    for lines in levels:
        length = sum(lengths[level] for level, _ in lines)
        width = values.shape[2] - length + 1
        total: Any = None
        for level, offset in lines:
            part = of_level[level][:, :, offset : offset + width]
            total = part if total is None else total + part
        of_level.append(total)
        lengths.append(length)
    return of_level[-1]
