"""Ops that move pixels and change none: the definition of each is one line of indexing."""

from __future__ import annotations

from typing import Any

from pixlane.reference._arrays import array_module, as_nhwc
from pixlane.reference._borders import border_index, is_inside


def copy(src: Any, dst: Any, layout: str, axes: tuple[tuple[int, int, int], ...]) -> None:
    """Copy what ``axes`` say of ``src``, of any strides, into ``dst``.

    Of each axis of ``dst`` they say where it comes from: the axis of ``src`` (-1 for one that ``src`` lacks; one that
    ``dst`` lacks is 1 long), the index there to begin at, and the step, 1 or -1.
    """
    order = [axis for axis, _, _ in axes if axis >= 0]
    dropped = [axis for axis in range(src.ndim) if axis not in order]
    view = src.transpose(order + dropped)[(slice(None),) * len(order) + (0,) * len(dropped)]
    index: list[Any] = []
    for (axis, first, step), count in zip(axes, dst.shape, strict=True):
        end = first + count * step
        index.append(None if axis < 0 else slice(first, end if end >= 0 else None, step))
    as_nhwc(dst, layout)[...] = as_nhwc(view[tuple(index)], layout)


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
