"""Samples of a given rank in neighbourhoods, the median first of all: the meaning of their arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pixlane import _args, _array
from pixlane._array import Array
from pixlane._border import Borders, border_pixel, borders
from pixlane._op import Call, op
from pixlane.morphology import Footprint, element, extreme

__all__ = ["maximum_filter", "median_blur", "minimum_filter", "percentile_filter", "rank_filter"]

#: The most pixels of a neighbourhood whose samples are put in order.
MOST_PIXELS = 2**24


def median_blur(
    image: Array,
    footprint: Footprint,
    *,
    mask: Array | None = None,
    shape: str = "rectangle",
    anchor: Sequence[int] | None = None,
    border: Borders = "reflect",
    value: _args.Numbers = 0,
    layout: str | None = None,
    out: Array | None = None,
) -> Array:
    """Return the median of each neighbourhood: what is alone goes, edges stay.

    Parameters
    ----------
    image : array, shape (H, W), (H, W, C) or (N, H, W, C)
        bool, uint8, uint16, int16, float16, float32 or float64; any strides, any number of channels. NumPy, CuPy, PIL,
        torch (there (H, W), (C, H, W) or (N, C, H, W)), or anything with DLPack or an array interface.
    footprint : int, (height, width) or array_like, two-dimensional
        The neighbourhood: its side or sides, of which ``shape`` makes it, or where it is not 0.
    mask : array of bool or uint8, shape (H, W) or (N, H, W), optional
        Which pixels count, those that are not 0: the median is of these alone, and 0 where a neighbourhood has none. It
        is continued beyond the sides as the image is; all of a constant border counts.
    shape : {"rectangle", "ellipse", "diamond", "cross"}
        What a size means, as in `erode`.
    anchor : (int, int), optional
        The element (x, y) of the footprint that lies on the pixel itself; (width // 2, height // 2) by default.
    border : str or (str, str)
        What lies outside: "reflect", "constant" (``value``), "edge", "symmetric" or "wrap", as `numpy.pad` continues
        the image; a pair is for the columns (beyond top and bottom) and for the rows (beyond left and right).
    value : float or sequence of float
        What lies outside with "constant", one number, or one per channel; rounded to the dtype.
    layout : {"HW", "HWC", "CHW", "NHW", "NHWC", "NCHW"}, optional
        What the axes are, where it is not the default above.
    out : array, optional
        Where to write the result; of the kind of ``image`` and of its shape, not overlapping it.

    Returns
    -------
    array
        Same kind, shape, dtype and device as ``image`` (NumPy for PIL); ``out`` when given.

    Raises
    ------
    TypeError
        Unsupported kind of array or dtype (the message lists the accepted ones), a footprint that is not of numbers.
    ValueError
        A footprint that is empty, not two-dimensional or 0 throughout, an anchor outside, a mask of another shape, an
        unknown name, ``value`` outside of the dtype's range, ``out`` of the wrong shape, read-only or overlapping
        ``image``.
    MemoryError
        The result cannot be allocated.

    Notes
    -----
    Exactness: the definition, bit-identical on every backend: a sample of the neighbourhood, in the order -inf < .. <
    -0 < +0 < .. < +inf < NaN of floats. An empty image gives an empty result.
    An even number of samples has two in the middle, of which this is the larger, as in SciPy; so it is where a mask
    leaves an even number. (`numpy.nanmedian` takes their mean, which need not be a sample.)

    Source: Tukey, "Exploratory Data Analysis", 1977. Squares of 3, 5 and 7 are found by networks, as in Adams, "Fast
    Median Filters using Separable Sorting Networks", 2021, for two rows at once, which share what they have in common;
    larger rectangles of uint8 by histograms, in a time that hardly depends on their size, after Perreault and Hebert,
    "Median Filtering in Constant Time", 2007; all else bit by bit, counting what lies above.

    Examples
    --------
    >>> px.median_blur(np.array([[1, 1, 9, 1, 5, 5, 5]], np.uint8), (1, 3))
    array([[1, 1, 1, 5, 5, 5, 5]], dtype=uint8)
    >>> image = np.array([[1, 9, 9, 2, 3]], np.uint8)
    >>> px.median_blur(image, (1, 3), mask=image != 9)
    array([[1, 1, 2, 3, 2]], dtype=uint8)
    """
    return _selected(image, out, None, footprint, shape, anchor, border, value, layout, mask)


def rank_filter(
    image: Array,
    rank: int,
    footprint: Footprint,
    *,
    shape: str = "rectangle",
    anchor: Sequence[int] | None = None,
    border: Borders = "reflect",
    value: _args.Numbers = 0,
    layout: str | None = None,
    out: Array | None = None,
) -> Array:
    """Return the sample of a given rank in each neighbourhood.

    Parameters
    ----------
    image : array, shape (H, W), (H, W, C) or (N, H, W, C)
        bool, uint8, uint16, int16, float16, float32 or float64; any strides, any number of channels. NumPy, CuPy, PIL,
        torch (there (H, W), (C, H, W) or (N, C, H, W)), or anything with DLPack or an array interface.
    rank : int
        How many samples of the neighbourhood come before: 0 is the least, -1 the largest.
    footprint : int, (height, width) or array_like, two-dimensional
        The neighbourhood: its side or sides, of which ``shape`` makes it, or where it is not 0.
    shape : {"rectangle", "ellipse", "diamond", "cross"}
        What a size means, as in `erode`.
    anchor : (int, int), optional
        The element (x, y) of the footprint that lies on the pixel itself; (width // 2, height // 2) by default.
    border : str or (str, str)
        What lies outside: "reflect", "constant" (``value``), "edge", "symmetric" or "wrap", as `numpy.pad` continues
        the image; a pair is for the columns (beyond top and bottom) and for the rows (beyond left and right).
    value : float or sequence of float
        What lies outside with "constant", one number, or one per channel; rounded to the dtype.
    layout : {"HW", "HWC", "CHW", "NHW", "NHWC", "NCHW"}, optional
        What the axes are, where it is not the default above.
    out : array, optional
        Where to write the result; of the kind of ``image`` and of its shape, not overlapping it.

    Returns
    -------
    array
        Same kind, shape, dtype and device as ``image`` (NumPy for PIL); ``out`` when given.

    Raises
    ------
    TypeError
        Unsupported kind of array or dtype (the message lists the accepted ones), a footprint that is not of numbers.
    ValueError
        A footprint that is empty, not two-dimensional or 0 throughout, a rank that it does not have, an anchor
        outside, an unknown name, ``value`` outside of the dtype's range, ``out`` of the wrong shape, read-only or
        overlapping ``image``.
    MemoryError
        The result cannot be allocated.

    Notes
    -----
    Exactness: the definition, bit-identical on every backend: a sample of the neighbourhood, in the order -inf < .. <
    -0 < +0 < .. < +inf < NaN of floats. An empty image gives an empty result.

    Source: the definition, that of SciPy's rank_filter.

    Examples
    --------
    >>> px.rank_filter(np.array([[4, 2, 9, 1, 5]], np.uint8), 1, (1, 3))
    array([[2, 4, 2, 5, 1]], dtype=uint8)
    """
    return _ranked(image, out, _args.integer(rank, "rank"), footprint, shape, anchor, border, value, layout)


def percentile_filter(
    image: Array,
    percentile: float,
    footprint: Footprint,
    *,
    shape: str = "rectangle",
    anchor: Sequence[int] | None = None,
    border: Borders = "reflect",
    value: _args.Numbers = 0,
    layout: str | None = None,
    out: Array | None = None,
) -> Array:
    """Return the sample of each neighbourhood below which a given part of it lies.

    Parameters
    ----------
    image : array, shape (H, W), (H, W, C) or (N, H, W, C)
        bool, uint8, uint16, int16, float16, float32 or float64; any strides, any number of channels. NumPy, CuPy, PIL,
        torch (there (H, W), (C, H, W) or (N, C, H, W)), or anything with DLPack or an array interface.
    percentile : float
        From 0, the least, to 100, the largest; negative ones count from 100 downwards.
    footprint : int, (height, width) or array_like, two-dimensional
        The neighbourhood: its side or sides, of which ``shape`` makes it, or where it is not 0.
    shape : {"rectangle", "ellipse", "diamond", "cross"}
        What a size means, as in `erode`.
    anchor : (int, int), optional
        The element (x, y) of the footprint that lies on the pixel itself; (width // 2, height // 2) by default.
    border : str or (str, str)
        What lies outside: "reflect", "constant" (``value``), "edge", "symmetric" or "wrap", as `numpy.pad` continues
        the image; a pair is for the columns (beyond top and bottom) and for the rows (beyond left and right).
    value : float or sequence of float
        What lies outside with "constant", one number, or one per channel; rounded to the dtype.
    layout : {"HW", "HWC", "CHW", "NHW", "NHWC", "NCHW"}, optional
        What the axes are, where it is not the default above.
    out : array, optional
        Where to write the result; of the kind of ``image`` and of its shape, not overlapping it.

    Returns
    -------
    array
        Same kind, shape, dtype and device as ``image`` (NumPy for PIL); ``out`` when given.

    Raises
    ------
    TypeError
        Unsupported kind of array or dtype (the message lists the accepted ones), a footprint that is not of numbers.
    ValueError
        A footprint that is empty, not two-dimensional or 0 throughout, a percentile beyond -100 and 100, an anchor
        outside, an unknown name, ``value`` outside of the dtype's range, ``out`` of the wrong shape, read-only or
        overlapping ``image``.
    MemoryError
        The result cannot be allocated.

    Notes
    -----
    Exactness: the definition, bit-identical on every backend: a sample of the neighbourhood, in the order -inf < .. <
    -0 < +0 < .. < +inf < NaN of floats. An empty image gives an empty result.
    The rank is floor(n * percentile / 100) of n samples, and n - 1 for 100, as in SciPy.

    Source: the definition, that of SciPy's percentile_filter.

    Examples
    --------
    >>> px.percentile_filter(np.array([[4, 2, 9, 1, 5]], np.uint8), 50, (1, 3))
    array([[2, 4, 2, 5, 1]], dtype=uint8)
    """
    return _ranked(image, out, _percentile(percentile), footprint, shape, anchor, border, value, layout)


def minimum_filter(
    image: Array,
    footprint: Footprint,
    *,
    shape: str = "rectangle",
    anchor: Sequence[int] | None = None,
    border: Borders = "reflect",
    value: _args.Numbers = 0,
    layout: str | None = None,
    out: Array | None = None,
) -> Array:
    """Return the least sample of each neighbourhood, as `erode` does.

    Parameters
    ----------
    image : array, shape (H, W), (H, W, C) or (N, H, W, C)
        bool, uint8, uint16, int16, float16, float32 or float64; any strides, any number of channels. NumPy, CuPy, PIL,
        torch (there (H, W), (C, H, W) or (N, C, H, W)), or anything with DLPack or an array interface.
    footprint : int, (height, width) or array_like, two-dimensional
        The neighbourhood: its side or sides, of which ``shape`` makes it, or where it is not 0.
    shape : {"rectangle", "ellipse", "diamond", "cross"}
        What a size means, as in `erode`.
    anchor : (int, int), optional
        The element (x, y) of the footprint that lies on the pixel itself; (width // 2, height // 2) by default.
    border : str or (str, str)
        What lies outside: "reflect", "constant" (``value``), "edge", "symmetric" or "wrap", as `numpy.pad` continues
        the image; a pair is for the columns (beyond top and bottom) and for the rows (beyond left and right).
    value : float or sequence of float
        What lies outside with "constant", one number, or one per channel; rounded to the dtype.
    layout : {"HW", "HWC", "CHW", "NHW", "NHWC", "NCHW"}, optional
        What the axes are, where it is not the default above.
    out : array, optional
        Where to write the result; of the kind of ``image`` and of its shape, not overlapping it.

    Returns
    -------
    array
        Same kind, shape, dtype and device as ``image`` (NumPy for PIL); ``out`` when given.

    Raises
    ------
    TypeError
        Unsupported kind of array or dtype (the message lists the accepted ones), a footprint that is not of numbers.
    ValueError
        A footprint that is empty, not two-dimensional or 0 throughout, an anchor outside, an unknown name,
        ``value`` outside of the dtype's range, ``out`` of the wrong shape, read-only or overlapping ``image``.
    MemoryError
        The result cannot be allocated.

    Notes
    -----
    Exactness: the definition, bit-identical on every backend: a sample of the neighbourhood, in the order -inf < .. <
    -0 < +0 < .. < +inf < NaN of floats. An empty image gives an empty result.

    Source: that of `erode`; SciPy's minimum_filter.

    Examples
    --------
    >>> px.minimum_filter(np.array([[4, 2, 9, 1, 5]], np.uint8), (1, 3))
    array([[2, 2, 1, 1, 1]], dtype=uint8)
    """
    return extreme(image, out, False, footprint, shape, anchor, border, value, layout)


def maximum_filter(
    image: Array,
    footprint: Footprint,
    *,
    shape: str = "rectangle",
    anchor: Sequence[int] | None = None,
    border: Borders = "reflect",
    value: _args.Numbers = 0,
    layout: str | None = None,
    out: Array | None = None,
) -> Array:
    """Return the largest sample of each neighbourhood, which is not mirrored as in `dilate`.

    Parameters
    ----------
    image : array, shape (H, W), (H, W, C) or (N, H, W, C)
        bool, uint8, uint16, int16, float16, float32 or float64; any strides, any number of channels. NumPy, CuPy, PIL,
        torch (there (H, W), (C, H, W) or (N, C, H, W)), or anything with DLPack or an array interface.
    footprint : int, (height, width) or array_like, two-dimensional
        The neighbourhood: its side or sides, of which ``shape`` makes it, or where it is not 0.
    shape : {"rectangle", "ellipse", "diamond", "cross"}
        What a size means, as in `erode`.
    anchor : (int, int), optional
        The element (x, y) of the footprint that lies on the pixel itself; (width // 2, height // 2) by default.
    border : str or (str, str)
        What lies outside: "reflect", "constant" (``value``), "edge", "symmetric" or "wrap", as `numpy.pad` continues
        the image; a pair is for the columns (beyond top and bottom) and for the rows (beyond left and right).
    value : float or sequence of float
        What lies outside with "constant", one number, or one per channel; rounded to the dtype.
    layout : {"HW", "HWC", "CHW", "NHW", "NHWC", "NCHW"}, optional
        What the axes are, where it is not the default above.
    out : array, optional
        Where to write the result; of the kind of ``image`` and of its shape, not overlapping it.

    Returns
    -------
    array
        Same kind, shape, dtype and device as ``image`` (NumPy for PIL); ``out`` when given.

    Raises
    ------
    TypeError
        Unsupported kind of array or dtype (the message lists the accepted ones), a footprint that is not of numbers.
    ValueError
        A footprint that is empty, not two-dimensional or 0 throughout, an anchor outside, an unknown name,
        ``value`` outside of the dtype's range, ``out`` of the wrong shape, read-only or overlapping ``image``.
    MemoryError
        The result cannot be allocated.

    Notes
    -----
    Exactness: the definition, bit-identical on every backend: a sample of the neighbourhood, in the order -inf < .. <
    -0 < +0 < .. < +inf < NaN of floats. An empty image gives an empty result.

    Source: that of `dilate`; SciPy's maximum_filter.

    Examples
    --------
    >>> px.maximum_filter(np.array([[4, 2, 9, 1, 5]], np.uint8), (1, 3))
    array([[4, 9, 9, 9, 5]], dtype=uint8)
    """
    return extreme(image, out, True, footprint, shape, anchor, border, value, layout)


@op("rank")
def _selected(
    image: Any,
    rank: int | float | None,
    footprint: Any,
    shape: Any,
    anchor: Any,
    border: Any,
    value: Any,
    layout: Any,
    mask: Any,
) -> Call:
    source = _array.source(image, "image", layout, _array.ORDERED)
    found = element(footprint, shape, None, anchor, source.array.dtype)
    edges = borders(border)
    pixel = border_pixel(value, source.channels, source.array.dtype)
    count = found.pixels()
    if count > MOST_PIXELS:
        raise ValueError(f"footprint must have at most {MOST_PIXELS} pixels to be put in order, got {count}")
    given: tuple[Any, ...] = (source.given,)
    counted: Any = None
    if mask is not None:
        came, counted = _array.mask(mask, source)
        given = (source.given, came)
    arguments = (source.layout, found.boxes, _rank(rank, count), edges, pixel, counted)
    return source.array, source.array.shape, source.array.dtype, arguments, source.kind, given, False


def _ranked(
    image: Any,
    out: Any,
    rank: int | float,
    footprint: Any,
    shape: Any,
    anchor: Any,
    border: Any,
    value: Any,
    layout: Any,
) -> Array:
    """Select, but that the least and the largest, told as such, have a better way."""
    ends: dict[Any, bool] = {0.0: False, 100.0: True} if isinstance(rank, float) else {0: False, -1: True}
    if rank in ends:
        return extreme(image, out, ends[rank], footprint, shape, anchor, border, value, layout)
    return _selected(image, out, rank, footprint, shape, anchor, border, value, layout, None)


def _percentile(value: Any) -> float:
    percentile = _args.number(value, "percentile")
    if not -100 <= percentile <= 100:
        raise ValueError(f"percentile must be from -100 to 100, got {value}")
    return float(percentile + 100 if percentile < 0 else percentile)


def _rank(rank: int | float | None, count: int) -> int:
    """Return how many of ``count`` samples come before; an int is a rank, a float a percentile, None the median."""
    if rank is None:
        return count // 2
    if isinstance(rank, float):
        return count - 1 if rank == 100 else int(count * rank / 100.0)
    if not -count <= rank < count:
        raise ValueError(f"rank must be from {-count} to {count - 1} in a neighbourhood of {count} pixels, got {rank}")
    return rank % count
