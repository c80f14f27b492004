"""Ops that move pixels and change none: the definition of each is one line of indexing."""

from __future__ import annotations

from typing import Any

from pixlane.reference._arrays import array_module, as_nhwc
from pixlane.reference._borders import border_index, is_inside


def copy(src: Any, dst: Any, layout: str) -> None:
    """Copy ``src``, a view of any strides (mirrored, turned, cut, with its axes in another order), into ``dst``."""
    as_nhwc(dst, layout)[...] = as_nhwc(src, layout)


def pad(src: Any, dst: Any, layout: str, top: int, left: int, border: str, value: Any) -> None:
    """Fill ``dst`` with ``src`` from (top, left) on, and what ``border`` says around it.

    ``value`` is a pixel: a NumPy array of one sample per channel, of the dtype of ``src``. Likewise in other ops.
    """
    image, result = as_nhwc(src, layout), as_nhwc(dst, layout)
    if not result.size:
        return
    xp = array_module(src)
    rows = xp.arange(result.shape[1]) - top
    columns = xp.arange(result.shape[2]) - left
    height, width = image.shape[1:3]
    padded = image[:, border_index(xp, rows, height, border)][:, :, border_index(xp, columns, width, border)]
    if border == "constant":
        inside = is_inside(rows, height)[:, None, None] & is_inside(columns, width)[:, None]
        padded = xp.where(inside, padded, xp.asarray(value))
    result[...] = padded
