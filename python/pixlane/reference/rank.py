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
) -> None:
    """Sort the samples of boxes (top, left, rows, columns) around each one, and take that of a rank; 0 is the least."""
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
    keys = to_keys(xp, padded(xp, image, ((above, below), (before, behind)), borders, value))
    for y in range(height):
        neighbours = [keys[:, above + y + dy, before + dx : before + dx + width] for dy, dx in pixels]
        result[:, y] = from_keys(xp, xp.sort(xp.stack(neighbours), axis=0)[rank], image.dtype)
