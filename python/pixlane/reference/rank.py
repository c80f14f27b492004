"""The sample of a given rank in each neighbourhood."""

from __future__ import annotations

from typing import Any

from pixlane.reference._arrays import array_module, as_nhwc
from pixlane.reference.filters import padded
from pixlane.reference.morphology import from_keys, to_keys


def rank(
    src: Any,
    dst: Any,
    layout: str,
    boxes: tuple[tuple[int, int, int, int], ...],
    rank: int,
    borders: tuple[str, str],
    value: Any,
    mask: Any,
) -> None:
    """Sort the samples of boxes (top, left, rows, columns) around each one, and take that of a rank; 0 is the least.

    With a mask (N, H, W) take the median of those that it leaves, the larger one of an even number, or 0.
    """
    image, result = as_nhwc(src, layout), as_nhwc(dst, layout)
    if not result.size:
        return
    xp = array_module(src)
    if image.dtype.kind == "b":
        image, result, value = image.view("uint8"), result.view("uint8"), value.view("uint8")
    height, width = image.shape[1:3]
    pixels = [(top + j, left + i) for top, left, rows, columns in boxes for j in range(rows) for i in range(columns)]
    above, before = (max(0, *(-one[axis] for one in pixels)) for axis in (0, 1))
    below, behind = (max(0, *(one[axis] for one in pixels)) for axis in (0, 1))
    reach = ((above, below), (before, behind))
    keys = to_keys(xp, padded(xp, image, reach, borders, value))
    counted: Any = None
    if mask is not None:
        counted = padded(xp, (mask != 0).astype(xp.uint8)[..., None], reach, borders, 1) != 0
    for y in range(height):
        around = [(slice(None), above + y + dy, slice(before + dx, before + dx + width)) for dy, dx in pixels]
        neighbours = xp.stack([keys[at] for at in around])
        if counted is None:
            result[:, y] = from_keys(xp, xp.sort(neighbours, axis=0)[rank], image.dtype)
            continue
        valid = xp.stack([counted[at] for at in around])
        # What does not count comes last.
        neighbours = xp.sort(xp.where(valid, neighbours, keys.dtype.type(xp.iinfo(keys.dtype).max)), axis=0)
        number = valid.sum(axis=0)[None]
        median = xp.take_along_axis(neighbours, xp.broadcast_to(number // 2, (1, *neighbours.shape[1:])), 0)
        found = from_keys(xp, median[0], image.dtype)
        result[:, y] = xp.where(number[0] > 0, found, xp.zeros((), image.dtype))
