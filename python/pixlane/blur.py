"""Means of neighbourhoods: the meaning of their arguments, and how they are summed."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from pixlane import _args, _array
from pixlane._array import Array
from pixlane._border import Borders, border_pixel, borders
from pixlane._op import Call, op
from pixlane.convolution import RESULTS

__all__ = ["box_blur"]

#: A window as several that earlier levels hold: (level, how many pixels further on).
Levels: TypeAlias = tuple[tuple[tuple[int, int], ...], ...]
DType: TypeAlias = np.dtype[Any]

LARGEST_AREA = 2**30
#: Roundings at which float32 sums stay within 3e-6 of the sum of magnitudes.
MOST_ROUNDINGS = 48
#: Rows of reals from which on eight results share what they have in common, and from which on blocks do.
SHARED, BLOCKS = 8, 33

_PEAK = {"uint8": 255, "uint16": 65535, "int16": 32768}


def box_blur(
    image: Array,
    size: int | Sequence[int],
    *,
    mask: Array | None = None,
    border: Borders = "reflect",
    value: _args.Numbers = 0,
    premultiply: bool = False,
    dtype: Any = None,
    layout: str | None = None,
    out: Array | None = None,
) -> Array:
    """Return the mean of a rectangle of pixels around each one.

    Parameters
    ----------
    image : array, shape (H, W), (H, W, C) or (N, H, W, C)
        uint8, uint16, int16, float16, float32 or float64; any strides, any number of channels. NumPy, CuPy, PIL, torch
        (there (H, W), (C, H, W) or (N, C, H, W)), or anything with DLPack or an array interface.
    size : int or (int, int)
        Sides of the rectangle in pixels: of a square, or (height, width), of at most 2**30 pixels. Of an even side, the
        larger part lies before the pixel: it begins ``size // 2`` before.
    mask : array of bool or uint8, shape (H, W) or (N, H, W), optional
        Which pixels count, those that are not 0: the mean is of these alone, and 0 where a rectangle has none. It is
        continued beyond the sides as the image is; all of a constant border counts.
    border : str or (str, str)
        What lies outside: "reflect", "constant" (``value``), "edge", "symmetric" or "wrap", as `numpy.pad` continues
        the image; a pair is for the columns (beyond top and bottom) and for the rows (beyond left and right).
    value : float or sequence of float
        What lies outside with "constant", one number, or one per channel; rounded to the dtype.
    premultiply : bool, default False
        Weigh colours by their alpha, the last of 4 channels (RGBA) or 2, so that transparent pixels do not bleed.
    dtype : dtype, optional
        Of the result: any of those of ``image``, and that of ``image`` by default. Integers saturate.
    layout : {"HW", "HWC", "CHW", "NHW", "NHWC", "NCHW"}, optional
        What the axes are, where it is not the default above.
    out : array, optional
        Where to write the result; of the kind of ``image`` and of its shape, not overlapping it.

    Returns
    -------
    array
        Same kind, shape and device as ``image`` (NumPy for PIL); ``out`` when given.

    Raises
    ------
    TypeError
        Unsupported kind of array or dtype (the message lists the accepted ones), a size that is not of ints.
    ValueError
        A side below 1, more than 2**30 pixels, an unknown name, a mask of another shape, ``premultiply`` without
        alpha, ``value`` outside of the dtype's range, ``out`` of the wrong shape, read-only or overlapping ``image``.
    MemoryError
        The result cannot be allocated.

    Notes
    -----
    Exactness: bit-identical on every backend. Integers are floor(mean + 1/2) of the mean itself; float32 is within 3e-6
    of the mean of magnitudes, float64 within 1e-14. NaN and infinity reach the rectangles that hold them and no others,
    as nothing is ever subtracted from a sum of reals. An empty image gives an empty result.

    With ``premultiply`` colours times alpha are summed in float64, then divided by the alpha that came out; where that
    rounds to zero a pixel has no colour.

    The additions grow with the logarithm of the width and hardly with the height; sums of more than 256 uint8, which
    take 32 bits, cost more than smaller ones. Memory beside the result: for each thread some rows, of reals about
    2 * sqrt(height).

    Source: the definition; sums of integers slide down the columns, those of reals are made of what is above and below
    in blocks of rows (van Herk 1992, with sums for extremes); along the rows shorter windows make longer ones.

    See Also
    --------
    convolve_separable

    Examples
    --------
    >>> image = np.array([[0, 0, 90, 0, 0]], np.uint8)
    >>> px.box_blur(image, (1, 3))
    array([[ 0, 30, 30, 30,  0]], dtype=uint8)
    >>> px.box_blur(image, (1, 3), mask=image == 0)
    array([[0, 0, 0, 0, 0]], dtype=uint8)
    """
    return _box_blur(image, out, size, mask, border, value, premultiply, dtype, layout)


@op("box")
def _box_blur(
    image: Any, size: Any, mask: Any, border: Any, value: Any, premultiply: Any, dtype: Any, layout: Any
) -> Call:
    source = _array.source(image, "image", layout)
    height, width = _size(size)
    result = source.array.dtype if dtype is None else _args.dtype(dtype, RESULTS)
    pixel = border_pixel(value, source.channels, source.array.dtype)
    weighted = _args.premultiply(premultiply, source.channels, source.layout, source.array.shape)
    summed = RESULTS["float64"] if weighted else source.array.dtype
    arithmetic, down, block, levels = plan_box(height, width, summed, result, mask is not None)
    given: tuple[Any, ...] = (source.given,)
    counted: Any = None
    if mask is not None:
        came, counted = _array.mask(mask, source)
        given = (source.given, came)
    arguments = (
        source.layout,
        arithmetic,
        down,
        (-(height // 2), -(width // 2), height, width),
        block,
        levels,
        borders(border),
        pixel,
        weighted,
        counted,
    )
    return source.array, source.array.shape, result, arguments, source.kind, given, False


@functools.lru_cache(maxsize=64)
def plan_box(height: int, width: int, source: DType, result: DType, masked: bool) -> tuple[str, str, int, Levels]:
    """Return the arithmetic of a window's sums, how rows are summed, by how many, and how sums go along a row."""
    levels = _levels(width)
    area = height * width
    if source.kind != "f":
        if source == np.uint8 and result == np.uint8 and 1 < area <= 256 and not masked:
            return "uint16", "slide", 0, levels
        if 2 * _PEAK[source.name] * area + area < 2**31:
            return "int32", "slide", 0, levels
    down, block = "order", 0
    if height >= BLOCKS:
        down, block = "blocks", round(math.sqrt(height))
    elif height >= SHARED:
        down = "eight"
    if source.kind == "f" and "float64" not in (source.name, result.name):
        roundings = block + height // block + 2 if block else height + 1
        roundings += sum(len(level) - 1 for level in levels) + 1
        if roundings <= MOST_ROUNDINGS:
            return "float32", down, block, levels
    return "float64", down, block, levels


def _levels(length: int) -> Levels:
    """Make a window out of shorter ones: each level is ``base`` of the one before, and the last one takes what fits."""

    def of(base: int) -> Levels:
        powers = [1]
        while powers[-1] * base <= length:
            powers.append(powers[-1] * base)
        levels = [tuple((i, k * powers[i]) for k in range(base)) for i in range(len(powers) - 1)]
        last, at = [], 0
        for i in reversed(range(len(powers))):
            while length - at >= powers[i]:
                last.append((i, at))
                at += powers[i]
        return (*levels, tuple(last)) if len(last) > 1 else tuple(levels)

    # Each window that is taken is a load, each level a store.
    return min((of(base) for base in range(2, 11)), key=lambda levels: sum(len(level) + 1 for level in levels))


def _size(value: Any) -> tuple[int, int]:
    """Return (height, width) of a window."""
    if isinstance(value, (tuple, list)) or getattr(value, "ndim", 0) == 1:
        height, width = _args.size(value, "size")
    else:
        height = width = _args.integer(value, "size")
        if height < 1:
            raise ValueError(f"size must be at least 1, got {height}")
    if height * width > LARGEST_AREA:
        raise ValueError(f"size must be of at most 2**30 pixels, got {height} x {width}")
    return height, width
