"""Blurring and sharpening by gaussians: the meaning of their arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pixlane import _args, _array, _cascade, _taps
from pixlane._array import Array
from pixlane._border import Borders, border_pixel, borders
from pixlane._op import Call, op
from pixlane.convolution import RESULTS

__all__ = ["gaussian_blur", "unsharp_mask"]

#: Pixels to either side that a gaussian which is cut may take.
FARTHEST = 2**15
#: What float32 can multiply a pixel by.
LARGEST_AMOUNT = 1e30


def gaussian_blur(
    image: Array,
    sigma: float | Sequence[float],
    *,
    truncate: float | None = None,
    border: Borders = "reflect",
    value: _args.Numbers = 0,
    premultiply: bool = False,
    dtype: Any = None,
    layout: str | None = None,
    out: Array | None = None,
) -> Array:
    """Blur an image by a gaussian of any width; from 4 pixels on, the wider it is the faster.

    Parameters
    ----------
    image : array, shape (H, W), (H, W, C) or (N, H, W, C)
        uint8, uint16, int16, float16, float32 or float64; any strides, any number of channels. NumPy, CuPy, PIL, torch
        (there (H, W), (C, H, W) or (N, C, H, W)), or anything with DLPack or an array interface.
    sigma : float or (float, float)
        Standard deviation in pixels, 0 or more: of both axes, or (along y, along x). 0 leaves an axis as it is.
    truncate : float, optional
        Cut the gaussian at so many sigma (rounded to whole pixels, at most 2**15), and sum it tap by tap. Without it
        gaussians of sigma below 4 are cut at 4 sigma, and wider ones are not cut.
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
        Unsupported kind of array or dtype (the message lists the accepted ones), a sigma that is not of real numbers.
    ValueError
        A sigma below 0, NaN or infinite, ``truncate`` of 0 or less, more than 2**15 pixels to be summed to either side,
        an unknown name, ``premultiply`` without alpha, ``value`` outside of the dtype's range, ``out`` of the wrong
        shape, read-only or overlapping ``image``.
    MemoryError
        The result cannot be allocated.

    Notes
    -----
    Exactness: bit-identical on every backend. A gaussian is sampled at the pixels and of sum one. Where it is cut,
    integers are within one level of the sum, float32 within 3e-6 and float64 within 1e-14 of the sum of absolute
    products. Wider ones (sigma of 4 and more, along that axis) are made on a coarser grid: float32 results are within
    1e-5 of the largest magnitude around, float64 ones within 1e-7, and integers within one level, of the sum with the
    gaussian that is not cut (`truncate` forces the sum; cutting at 4 sigma makes up to 6e-5). NaN and infinity reach
    the whole neighbourhood. An empty image gives an empty result.

    With ``premultiply`` colours times alpha are summed in float64, then divided by the alpha that came out; where that
    rounds to zero a pixel has no colour. What the sums are off by is divided, too.

    The time grows with sigma up to 4 and falls from there on; memory beside the result: for each thread some rows.

    Source: the definition; the coarse grid is one of non-uniform Fourier transforms (Barnett, Magland and
    af Klinteberg 2019), with their window.

    See Also
    --------
    box_blur, unsharp_mask, convolve_separable

    Examples
    --------
    >>> image = np.array([[0, 0, 90, 0, 0]], np.uint8)
    >>> px.gaussian_blur(image, (0, 1))
    array([[10, 22, 36, 22, 10]], dtype=uint8)
    >>> px.gaussian_blur(image, (0, 1), border="constant")
    array([[ 5, 22, 36, 22,  5]], dtype=uint8)
    """
    pair = _sigma(sigma)
    cut = None if truncate is None else _args.positive((_args.number(truncate, "truncate"),), "truncate")[0]
    blur = _coarse if _is_coarse(pair, cut) else _cut
    return blur(image, out, pair, cut, border, value, premultiply, dtype, layout)


@op("correlate")
def _cut(
    image: Any, sigma: Any, truncate: Any, border: Any, value: Any, premultiply: Any, dtype: Any, layout: Any
) -> Call:
    source = _array.source(image, "image", layout)
    result = source.array.dtype if dtype is None else _args.dtype(dtype, RESULTS)
    weighted, summed = _weighted(premultiply, source)
    arguments = (
        source.layout,
        *_plan_cut(sigma, truncate, summed, result),
        *_around(border, value, source),
        weighted,
    )
    return source.array, source.array.shape, result, arguments, source.kind, (source.given,), False


@op("cascade")
def _coarse(
    image: Any, sigma: Any, truncate: Any, border: Any, value: Any, premultiply: Any, dtype: Any, layout: Any
) -> Call:
    source = _array.source(image, "image", layout)
    result = source.array.dtype if dtype is None else _args.dtype(dtype, RESULTS)
    around = _around(border, value, source)
    weighted, summed = _weighted(premultiply, source)
    plan = _plan_coarse(sigma, source, around[0], summed, result)
    return (
        source.array,
        source.array.shape,
        result,
        (source.layout, *plan, *around, weighted),
        source.kind,
        (source.given,),
        False,
    )


def unsharp_mask(
    image: Array,
    sigma: float | Sequence[float] = 1.0,
    amount: float = 1.0,
    *,
    threshold: float = 0.0,
    truncate: float | None = None,
    border: Borders = "reflect",
    value: _args.Numbers = 0,
    premultiply: bool = False,
    dtype: Any = None,
    layout: str | None = None,
    out: Array | None = None,
) -> Array:
    """Sharpen an image: add what a gaussian blur would take from it.

    Parameters
    ----------
    image : array, shape (H, W), (H, W, C) or (N, H, W, C)
        uint8, uint16, int16, float16, float32 or float64; any strides, any number of channels. NumPy, CuPy, PIL, torch
        (there (H, W), (C, H, W) or (N, C, H, W)), or anything with DLPack or an array interface.
    sigma : float or (float, float)
        Of the gaussian, in pixels, as in `gaussian_blur`.
    amount : float
        How often to add the difference: 0 leaves the image as it is, -1 blurs it.
    threshold : float
        Pixels that differ from the blurred image by no more than this, in the image's units, stay as they are.
    truncate : float, optional
        As in `gaussian_blur`.
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
        Unsupported kind of array or dtype (the message lists the accepted ones), arguments that are not real numbers.
    ValueError
        As `gaussian_blur`; ``amount`` NaN or beyond 1e30, ``threshold`` NaN, infinite or below 0, or not 0 with
        ``premultiply``.
    MemoryError
        The result cannot be allocated.

    Notes
    -----
    The result is x + amount (x - blurred), x being the pixel and the blur not rounded.

    Exactness: bit-identical on every backend. float32 (float64 where ``image`` or the result is of it) as
    `gaussian_blur`, times ``amount``; integers are rounded once, at the end, and uint8 blurred to 1/128 level where
    that is within one level of the formula. An empty image gives an empty result.

    Source: the definition; Pillow's and scikit-image's functions of the name differ in the gaussian (Pillow's is three
    boxes) and the units of ``amount`` (Pillow's percent) and ``threshold``.

    See Also
    --------
    gaussian_blur

    Examples
    --------
    >>> image = np.array([[10, 10, 10, 90, 90, 90]], np.uint8)
    >>> px.unsharp_mask(image, (0, 1), 0.5)
    array([[ 10,   8,   0, 102,  92,  90]], dtype=uint8)
    """
    pair = _sigma(sigma)
    cut = None if truncate is None else _args.positive((_args.number(truncate, "truncate"),), "truncate")[0]
    times = _args.number(amount, "amount")
    if abs(times) > LARGEST_AMOUNT:
        raise ValueError(f"amount must be from -{LARGEST_AMOUNT:g} to {LARGEST_AMOUNT:g}, got {times}")
    least = _args.number(threshold, "threshold")
    if least < 0.0:
        raise ValueError(f"threshold must be at least 0, got {least}")
    return _unsharp(image, out, pair, cut, times, least, border, value, premultiply, dtype, layout)


@op("unsharp")
def _unsharp(
    image: Any,
    sigma: Any,
    truncate: Any,
    amount: Any,
    threshold: Any,
    border: Any,
    value: Any,
    premultiply: Any,
    dtype: Any,
    layout: Any,
) -> Call:
    source = _array.source(image, "image", layout)
    result = source.array.dtype if dtype is None else _args.dtype(dtype, RESULTS)
    # Blurred in the precision that sharpens.
    weighted, summed = _weighted(premultiply, source)
    if weighted and threshold:
        raise ValueError(f"threshold must be 0 with premultiply, where colours times alpha differ, got {threshold}")
    real = RESULTS["float64" if "float64" in (summed.name, result.name) else "float32"]
    around = _around(border, value, source)
    plan: tuple[Any, ...] | None = None
    work = real.name
    if _is_coarse(sigma, truncate):
        plan = _plan_coarse(sigma, source, around[0], summed, real)
    elif summed.name == result.name == "uint8":
        column, row = _weights(sigma, truncate)
        plan = _taps.plan_levels(column, row, (len(column) // 2, len(row) // 2), max(1.0, abs(amount)))
        work = "integer"
    if plan is None:
        plan, work = _plan_cut(sigma, truncate, summed, real), real.name
    arguments = (source.layout, work, plan, amount, threshold, *around, weighted)
    return source.array, source.array.shape, result, arguments, source.kind, (source.given,), False


def _sigma(value: Any) -> tuple[float, float]:
    """Return sigma along y and along x."""
    if isinstance(value, (tuple, list)) or getattr(value, "ndim", 0) == 1:
        listed = _args.items(value, "sigma", "a number or (of y, of x)")
        if len(listed) != 2:
            raise ValueError(f"sigma must be a number or (of y, of x), got {len(listed)} values: {_args.show(value)}")
        pair = (_args.number(listed[0], "sigma[0]"), _args.number(listed[1], "sigma[1]"))
    else:
        one = _args.number(value, "sigma")
        pair = (one, one)
    if min(pair) < 0.0:
        raise ValueError(f"sigma must be at least 0, got {_args.show(value)}")
    return pair


def _is_coarse(sigma: tuple[float, float], truncate: float | None) -> bool:
    return truncate is None and max(sigma) >= _cascade.COARSE


def _around(border: Any, value: Any, source: _array.Source) -> tuple[tuple[str, str], Any]:
    return borders(border), border_pixel(value, source.channels, source.array.dtype)


def _weighted(premultiply: Any, source: _array.Source) -> tuple[bool, np.dtype[Any]]:
    """Return whether colours are weighted by alpha, and the dtype of what is summed then."""
    weighted = _args.premultiply(premultiply, source.channels, source.layout, source.array.shape)
    return weighted, RESULTS["float64"] if weighted else source.array.dtype


def _plan_coarse(
    sigma: tuple[float, float],
    source: _array.Source,
    edges: tuple[str, str],
    summed: np.dtype[Any],
    result: np.dtype[Any],
) -> tuple[str, str, tuple[_cascade.PlannedAxis, _cascade.PlannedAxis]]:
    down, work, *axes = _cascade.plan(sigma, (source.height, source.width), edges, summed, result)
    return down, work, (axes[0], axes[1])


def _weights(sigma: tuple[float, float], truncate: float | None) -> tuple[_taps.Weights, _taps.Weights]:
    most = _cascade.CUT if truncate is None else truncate
    if max(sigma) * most > FARTHEST:
        raise ValueError(f"truncate * sigma must be at most {FARTHEST} pixels, got {max(sigma) * most:g}")
    return _cascade.cut_weights(sigma[0], most), _cascade.cut_weights(sigma[1], most)


def _plan_cut(
    sigma: tuple[float, float], truncate: float | None, source: np.dtype[Any], result: np.dtype[Any]
) -> _taps.Plan:
    column, row = _weights(sigma, truncate)
    return _taps.plan_separable(column, row, (len(column) // 2, len(row) // 2), source, result)
