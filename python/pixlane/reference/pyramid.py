"""Pyramids: Burt and Adelson's five taps, 1 4 6 4 1, in exact integers or in ordered floats."""

from __future__ import annotations

from typing import Any

import numpy as np

from pixlane.reference._arrays import array_module, as_nhwc, multiplied_by_alpha, round_colours
from pixlane.reference._borders import border_index, is_inside


def _work(xp: Any, dtype: Any) -> Any:
    """Return what to sum in: int32 holds 65535 * 256, float32 the rest but float64."""
    dtype = np.dtype(dtype)
    return xp.int32 if dtype.kind in "iu" else xp.float64 if dtype == np.float64 else xp.float32


def _finish(xp: Any, sums: Any, bits: int, dtype: Any, premultiply: bool) -> Any:
    """Divide by 2**bits: floor(x + 1/2) for integers, whose mean cannot leave their range; exactly for floats."""
    if sums.dtype.kind == "i":
        return ((sums + (1 << (bits - 1))) >> bits).astype(dtype)
    with np.errstate(invalid="ignore", over="ignore"):
        return round_colours(xp, sums * sums.dtype.type(1.0 / (1 << bits)), dtype, premultiply)


def pyramid_down(src: Any, dst: Any, layout: str, border: str, value: Any, premultiply: bool) -> None:
    """Blur by 1 4 6 4 1 and keep every second pixel: down the columns first, then along the rows."""
    image, result = as_nhwc(src, layout), as_nhwc(dst, layout)
    if not result.size:
        return
    xp = array_module(src)
    if premultiply:
        image, value = multiplied_by_alpha(image), multiplied_by_alpha(value)
    work = _work(xp, image.dtype)
    outside = xp.asarray(value).astype(work)
    values = image.astype(work)
    with np.errstate(invalid="ignore", over="ignore"):
        for axis in (1, 2):
            side = values.shape[axis]
            centre = 2 * xp.arange(result.shape[axis])
            taps = []
            for k in range(-2, 3):
                tap = xp.take(values, border_index(xp, centre + k, side, border), axis=axis)
                if border == "constant":
                    where = is_inside(centre + k, side).reshape((-1, 1, 1) if axis == 1 else (-1, 1))
                    tap = xp.where(where, tap, outside)
                taps.append(tap)
            values = ((taps[0] + taps[4]) + work(4) * (taps[1] + taps[3])) + work(6) * taps[2]
            outside = ((outside + outside) + work(4) * (outside + outside)) + work(6) * outside
        result[...] = _finish(xp, values, 8, result.dtype, premultiply)


def pyramid_up(src: Any, dst: Any, layout: str, premultiply: bool) -> None:
    """Insert zeros between pixels and blur by four times 1 4 6 4 1; the doubled grid is mirrored about its edges.

    Along the rows first, then down the columns.
    """
    image, result = as_nhwc(src, layout), as_nhwc(dst, layout)
    if not result.size:
        return
    xp = array_module(src)
    if premultiply:
        image = multiplied_by_alpha(image)
    work = _work(xp, image.dtype)
    values = image.astype(work)
    with np.errstate(invalid="ignore", over="ignore"):
        for axis in (2, 1):
            grid = xp.arange(result.shape[axis])
            doubled = 2 * values.shape[axis]

            # Mirroring keeps even positions even, so each lands on a pixel of the image.
            def tap(position: Any, axis: int = axis, values: Any = values, doubled: int = doubled) -> Any:
                return xp.take(values, border_index(xp, position, doubled, "reflect") // 2, axis=axis)

            even = grid - grid % 2
            before, here, after = tap(even - 2), tap(even), tap(even + 2)
            odd = (grid % 2 == 1).reshape((-1, 1, 1) if axis == 1 else (-1, 1))
            values = xp.where(odd, work(4) * (here + after), (before + after) + work(6) * here)
        result[...] = _finish(xp, values, 6, result.dtype, premultiply)
