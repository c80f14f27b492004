"""Least and largest samples of neighbourhoods, and what is made of them: the meaning of their arguments."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pixlane import _args, _array
from pixlane._array import Array
from pixlane._border import Borders, border_pixel, borders
from pixlane._op import Call, op

__all__ = ["closing", "dilate", "erode", "morphological_gradient", "opening", "top_hat"]

Footprint: TypeAlias = int | Sequence[int] | Sequence[Sequence[int]] | NDArray[Any]
Structure: TypeAlias = Sequence[Sequence[float]] | NDArray[Any]

SHAPES = ("rectangle", "ellipse", "diamond", "cross")
#: The largest side of an element.
LARGEST = 2**20

#: (top, left, rows, columns), relative to the pixel that is computed.
Box: TypeAlias = tuple[int, int, int, int]


class Element(NamedTuple):
    """A set of pixels as boxes; with ``heights`` each box is a pixel."""

    boxes: tuple[Box, ...]
    heights: tuple[float, ...]

    def pixels(self) -> int:
        return sum(rows * columns for _, _, rows, columns in self.boxes)

    def reflected(self) -> Element:
        boxes = tuple(
            (-(top + rows - 1), -(left + columns - 1), rows, columns) for top, left, rows, columns in self.boxes
        )
        return Element(boxes, self.heights)


def erode(
    image: Array,
    footprint: Footprint | None = None,
    *,
    shape: str = "rectangle",
    structure: Structure | None = None,
    anchor: Sequence[int] | None = None,
    border: Borders = "reflect",
    value: _args.Numbers = 0,
    layout: str | None = None,
    out: Array | None = None,
) -> Array:
    """Return the least sample of each neighbourhood: bright parts shrink.

    Parameters
    ----------
    image : array, shape (H, W), (H, W, C) or (N, H, W, C)
        bool, uint8, uint16, int16, float16, float32 or float64; any strides, any number of channels. NumPy, CuPy, PIL,
        torch (there (H, W), (C, H, W) or (N, C, H, W)), or anything with DLPack or an array interface.
    footprint : int, (height, width) or array_like, two-dimensional
        The neighbourhood: its side or sides, of which ``shape`` makes it, or where it is not 0. May be left out where
        ``structure`` is given.
    shape : {"rectangle", "ellipse", "diamond", "cross"}
        What a size means. An ellipse holds the pixels up to the one through the middles of the outermost rows and
        columns (a disk of radius r has the size 2 r + 1), and so does a diamond; a cross the middle row and column.
        Even sides have two middles.
    structure : array_like of float, optional
        Heights, of the shape of the footprint, which are taken off before the least is found; whole ones for images of
        integers, none for bool.
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
        Unsupported kind of array or dtype (the message lists the accepted ones), a footprint or structure that is not
        of numbers.
    ValueError
        A footprint that is empty, not two-dimensional or 0 throughout, a structure that is of another shape, not finite
        or not whole, an anchor outside, an unknown name, ``value`` outside of the dtype's range, ``out`` of the wrong
        shape, read-only or overlapping ``image``.
    MemoryError
        The result cannot be allocated.

    Notes
    -----
    Exactness: the definition, bit-identical on every backend: min over s of image[p + s]. Floats are in the order
    -inf < .. < -0 < +0 < .. < +inf < NaN: NaN is left out where there is anything else. Heights are taken off in
    float64 for float64 and in float32 for all else (exact for integers), and the result rounded, and clamped, to the
    dtype. An empty image gives an empty result. To leave out what lies outside, give a "constant" border the largest
    ``value`` of the dtype.

    Source: Serra, "Image Analysis and Mathematical Morphology", 1982. SciPy's grey_erosion; its mode "reflect" is
    "symmetric" here. Rectangles are computed down the columns and then along the rows; other footprints by their runs,
    as Urbach and Wilkinson, "Efficient 2-D Grayscale Morphological Transformations With Arbitrary Flat Structuring
    Elements", 2008.

    Examples
    --------
    >>> px.erode(np.array([[9, 9, 9, 3, 9, 9, 9]], np.uint8), (1, 3))
    array([[9, 9, 3, 3, 3, 9, 9]], dtype=uint8)
    """
    return search(image, out, "erode", footprint, shape, structure, anchor, border, value, layout)


def dilate(
    image: Array,
    footprint: Footprint | None = None,
    *,
    shape: str = "rectangle",
    structure: Structure | None = None,
    anchor: Sequence[int] | None = None,
    border: Borders = "reflect",
    value: _args.Numbers = 0,
    layout: str | None = None,
    out: Array | None = None,
) -> Array:
    """Return the largest sample of each mirrored neighbourhood: bright parts grow.

    Parameters
    ----------
    image : array, shape (H, W), (H, W, C) or (N, H, W, C)
        bool, uint8, uint16, int16, float16, float32 or float64; any strides, any number of channels. NumPy, CuPy, PIL,
        torch (there (H, W), (C, H, W) or (N, C, H, W)), or anything with DLPack or an array interface.
    footprint : int, (height, width) or array_like, two-dimensional
        The neighbourhood: its side or sides, of which ``shape`` makes it, or where it is not 0. May be left out where
        ``structure`` is given.
    shape : {"rectangle", "ellipse", "diamond", "cross"}
        What a size means. An ellipse holds the pixels up to the one through the middles of the outermost rows and
        columns (a disk of radius r has the size 2 r + 1), and so does a diamond; a cross the middle row and column.
        Even sides have two middles.
    structure : array_like of float, optional
        Heights, of the shape of the footprint, which are added before the largest is found; whole ones for images of
        integers, none for bool.
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
        Unsupported kind of array or dtype (the message lists the accepted ones), a footprint or structure that is not
        of numbers.
    ValueError
        A footprint that is empty, not two-dimensional or 0 throughout, a structure that is of another shape, not finite
        or not whole, an anchor outside, an unknown name, ``value`` outside of the dtype's range, ``out`` of the wrong
        shape, read-only or overlapping ``image``.
    MemoryError
        The result cannot be allocated.

    Notes
    -----
    Exactness: the definition, bit-identical on every backend: max over s of image[p - s], where erosion has p + s, as
    openings and closings need; footprints that are symmetric about the anchor do not tell the two apart. Floats are in
    the order -inf < .. < -0 < +0 < .. < +inf < NaN: one NaN makes NaN. Heights are added in float64 for float64 and in
    float32 for all else (exact for integers), and the result rounded, and clamped, to the dtype. An empty image gives
    an empty result.

    Source: that of `erode`; SciPy's grey_dilation.

    Examples
    --------
    >>> px.dilate(np.array([[0, 0, 0, 7, 0, 0, 0]], np.uint8), (1, 3))
    array([[0, 0, 7, 7, 7, 0, 0]], dtype=uint8)
    """
    return search(image, out, "dilate", footprint, shape, structure, anchor, border, value, layout)


def opening(
    image: Array,
    footprint: Footprint | None = None,
    *,
    shape: str = "rectangle",
    structure: Structure | None = None,
    anchor: Sequence[int] | None = None,
    border: Borders = "reflect",
    value: _args.Numbers = 0,
    layout: str | None = None,
    out: Array | None = None,
) -> Array:
    """Erode, then dilate: bright parts that the footprint does not fit into go, all else stays.

    Parameters
    ----------
    image : array, shape (H, W), (H, W, C) or (N, H, W, C)
        bool, uint8, uint16, int16, float16, float32 or float64; any strides, any number of channels. NumPy, CuPy, PIL,
        torch (there (H, W), (C, H, W) or (N, C, H, W)), or anything with DLPack or an array interface.
    footprint : int, (height, width) or array_like, two-dimensional
        The neighbourhood: its side or sides, of which ``shape`` makes it, or where it is not 0. May be left out where
        ``structure`` is given.
    shape : {"rectangle", "ellipse", "diamond", "cross"}
        What a size means. An ellipse holds the pixels up to the one through the middles of the outermost rows and
        columns (a disk of radius r has the size 2 r + 1), and so does a diamond; a cross the middle row and column.
        Even sides have two middles.
    structure : array_like of float, optional
        Heights, of the shape of the footprint, which are taken off before the least is found, and added before the
        largest is; whole ones for images of integers, none for bool.
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
        Unsupported kind of array or dtype (the message lists the accepted ones), a footprint or structure that is not
        of numbers.
    ValueError
        A footprint that is empty, not two-dimensional or 0 throughout, a structure that is of another shape, not finite
        or not whole, an anchor outside, an unknown name, ``value`` outside of the dtype's range, ``out`` of the wrong
        shape, read-only or overlapping ``image``.
    MemoryError
        The result cannot be allocated.

    Notes
    -----
    Exactness: that of `erode` and `dilate`, one after the other.

    Source: that of `erode`.

    Examples
    --------
    >>> px.opening(np.array([[0, 5, 0, 0, 7, 7, 7, 0]], np.uint8), (1, 3))
    array([[0, 0, 0, 0, 7, 7, 7, 0]], dtype=uint8)
    """
    return search(image, out, "opening", footprint, shape, structure, anchor, border, value, layout)


def closing(
    image: Array,
    footprint: Footprint | None = None,
    *,
    shape: str = "rectangle",
    structure: Structure | None = None,
    anchor: Sequence[int] | None = None,
    border: Borders = "reflect",
    value: _args.Numbers = 0,
    layout: str | None = None,
    out: Array | None = None,
) -> Array:
    """Dilate, then erode: dark parts that the footprint does not fit into go, all else stays.

    Parameters
    ----------
    image : array, shape (H, W), (H, W, C) or (N, H, W, C)
        bool, uint8, uint16, int16, float16, float32 or float64; any strides, any number of channels. NumPy, CuPy, PIL,
        torch (there (H, W), (C, H, W) or (N, C, H, W)), or anything with DLPack or an array interface.
    footprint : int, (height, width) or array_like, two-dimensional
        The neighbourhood: its side or sides, of which ``shape`` makes it, or where it is not 0. May be left out where
        ``structure`` is given.
    shape : {"rectangle", "ellipse", "diamond", "cross"}
        What a size means. An ellipse holds the pixels up to the one through the middles of the outermost rows and
        columns (a disk of radius r has the size 2 r + 1), and so does a diamond; a cross the middle row and column.
        Even sides have two middles.
    structure : array_like of float, optional
        Heights, of the shape of the footprint, which are taken off before the least is found, and added before the
        largest is; whole ones for images of integers, none for bool.
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
        Unsupported kind of array or dtype (the message lists the accepted ones), a footprint or structure that is not
        of numbers.
    ValueError
        A footprint that is empty, not two-dimensional or 0 throughout, a structure that is of another shape, not finite
        or not whole, an anchor outside, an unknown name, ``value`` outside of the dtype's range, ``out`` of the wrong
        shape, read-only or overlapping ``image``.
    MemoryError
        The result cannot be allocated.

    Notes
    -----
    Exactness: that of `dilate` and `erode`, one after the other.

    Source: that of `erode`.

    Examples
    --------
    >>> px.closing(np.array([[9, 5, 9, 9, 7, 7, 7, 9]], np.uint8), (1, 3))
    array([[9, 9, 9, 9, 7, 7, 7, 9]], dtype=uint8)
    """
    return search(image, out, "closing", footprint, shape, structure, anchor, border, value, layout)


def morphological_gradient(
    image: Array,
    footprint: Footprint | None = None,
    *,
    shape: str = "rectangle",
    structure: Structure | None = None,
    anchor: Sequence[int] | None = None,
    border: Borders = "reflect",
    value: _args.Numbers = 0,
    layout: str | None = None,
    out: Array | None = None,
) -> Array:
    """Return what dilation and erosion differ by: the steepness of edges.

    Parameters
    ----------
    image : array, shape (H, W), (H, W, C) or (N, H, W, C)
        bool, uint8, uint16, int16, float16, float32 or float64; any strides, any number of channels. NumPy, CuPy, PIL,
        torch (there (H, W), (C, H, W) or (N, C, H, W)), or anything with DLPack or an array interface.
    footprint : int, (height, width) or array_like, two-dimensional
        The neighbourhood: its side or sides, of which ``shape`` makes it, or where it is not 0. May be left out where
        ``structure`` is given.
    shape : {"rectangle", "ellipse", "diamond", "cross"}
        What a size means. An ellipse holds the pixels up to the one through the middles of the outermost rows and
        columns (a disk of radius r has the size 2 r + 1), and so does a diamond; a cross the middle row and column.
        Even sides have two middles.
    structure : array_like of float, optional
        Heights, of the shape of the footprint, which are taken off before the least is found, and added before the
        largest is; whole ones for images of integers, none for bool.
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
        Unsupported kind of array or dtype (the message lists the accepted ones), a footprint or structure that is not
        of numbers.
    ValueError
        A footprint that is empty, not two-dimensional or 0 throughout, a structure that is of another shape, not finite
        or not whole, an anchor outside, an unknown name, ``value`` outside of the dtype's range, ``out`` of the wrong
        shape, read-only or overlapping ``image``.
    MemoryError
        The result cannot be allocated.

    Notes
    -----
    Exactness: that of `dilate` and `erode`; the difference is clamped to an integer's range, and rounded to a float's
    precision.

    Source: Rivest, Soille and Beucher, "Morphological gradients", 1993.

    Examples
    --------
    >>> px.morphological_gradient(np.array([[2, 2, 2, 9, 9, 9]], np.uint8), (1, 3))
    array([[0, 0, 7, 7, 0, 0]], dtype=uint8)
    """
    return search(image, out, "gradient", footprint, shape, structure, anchor, border, value, layout)


def top_hat(
    image: Array,
    footprint: Footprint | None = None,
    *,
    shape: str = "rectangle",
    structure: Structure | None = None,
    anchor: Sequence[int] | None = None,
    border: Borders = "reflect",
    value: _args.Numbers = 0,
    dark: bool = False,
    layout: str | None = None,
    out: Array | None = None,
) -> Array:
    """Return what an opening takes away: bright parts that the footprint does not fit into.

    Parameters
    ----------
    image : array, shape (H, W), (H, W, C) or (N, H, W, C)
        bool, uint8, uint16, int16, float16, float32 or float64; any strides, any number of channels. NumPy, CuPy, PIL,
        torch (there (H, W), (C, H, W) or (N, C, H, W)), or anything with DLPack or an array interface.
    footprint : int, (height, width) or array_like, two-dimensional
        The neighbourhood: its side or sides, of which ``shape`` makes it, or where it is not 0. May be left out where
        ``structure`` is given.
    shape : {"rectangle", "ellipse", "diamond", "cross"}
        What a size means. An ellipse holds the pixels up to the one through the middles of the outermost rows and
        columns (a disk of radius r has the size 2 r + 1), and so does a diamond; a cross the middle row and column.
        Even sides have two middles.
    structure : array_like of float, optional
        Heights, of the shape of the footprint, which are taken off before the least is found, and added before the
        largest is; whole ones for images of integers, none for bool.
    anchor : (int, int), optional
        The element (x, y) of the footprint that lies on the pixel itself; (width // 2, height // 2) by default.
    border : str or (str, str)
        What lies outside: "reflect", "constant" (``value``), "edge", "symmetric" or "wrap", as `numpy.pad` continues
        the image; a pair is for the columns (beyond top and bottom) and for the rows (beyond left and right).
    value : float or sequence of float
        What lies outside with "constant", one number, or one per channel; rounded to the dtype.
    dark : bool
        Return what a closing adds instead, the dark parts (the black top hat).
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
        Unsupported kind of array or dtype (the message lists the accepted ones), a footprint or structure that is not
        of numbers.
    ValueError
        A footprint that is empty, not two-dimensional or 0 throughout, a structure that is of another shape, not finite
        or not whole, an anchor outside, an unknown name, ``value`` outside of the dtype's range, ``out`` of the wrong
        shape, read-only or overlapping ``image``.
    MemoryError
        The result cannot be allocated.

    Notes
    -----
    Exactness: that of `opening` and `closing`; the difference is clamped to an integer's range, and rounded to a
    float's precision.

    Source: Meyer, "Contrast feature extraction", 1979.

    Examples
    --------
    >>> px.top_hat(np.array([[0, 5, 0, 0, 7, 7, 7, 0]], np.uint8), (1, 3))
    array([[0, 5, 0, 0, 0, 0, 0, 0]], dtype=uint8)
    """
    kind = "black top hat" if _args.boolean(dark, "dark") else "top hat"
    return search(image, out, kind, footprint, shape, structure, anchor, border, value, layout)


@op("morphology")
def search(
    image: Any,
    kind: str,
    footprint: Any,
    shape: Any,
    structure: Any,
    anchor: Any,
    border: Any,
    value: Any,
    layout: Any,
) -> Call:
    """Look for the least in an element, the largest in its mirror image, or what is made of the two."""
    source = _array.source(image, "image", layout, _array.ORDERED)
    found = element(footprint, shape, structure, anchor, source.array.dtype)
    return _call(source, kind, found, border, value)


@op("morphology")
def extreme(
    image: Any, largest: bool, footprint: Any, shape: Any, anchor: Any, border: Any, value: Any, layout: Any
) -> Call:
    """Look for the least or the largest in an element: the one that is mirrored in dilation is not."""
    source = _array.source(image, "image", layout, _array.ORDERED)
    found = element(footprint, shape, None, anchor, source.array.dtype)
    return _call(source, *(("dilate", found.reflected()) if largest else ("erode", found)), border, value)


def _call(source: _array.Source, kind: str, found: Element, border: Any, value: Any) -> Call:
    array, edges = source.array, borders(border)
    pixel = border_pixel(value, source.channels, array.dtype)
    boxes = _nearest_boxes(found.boxes, source, edges)
    arguments = (source.layout, kind, boxes, found.heights, edges, pixel)
    return array, array.shape, array.dtype, arguments, source.kind, (source.given,), False


def _nearest_boxes(boxes: tuple[Box, ...], source: _array.Source, edges: tuple[str, str]) -> tuple[Box, ...]:
    """Return the nearest boxes of the same samples: beyond the image a border repeats itself, or is one pixel."""
    nearest = []
    for top, left, rows, columns in boxes:
        y, height = _nearest(top, rows, source.height, edges[0])
        x, width = _nearest(left, columns, source.width, edges[1])
        nearest.append((y, x, height, width))
    return tuple(nearest)


def _nearest(begin: int, count: int, side: int, border: str) -> tuple[int, int]:
    if not side or (-side <= begin and begin + count - 1 <= side):
        return begin, count
    if border in ("constant", "edge"):
        first, last = (min(max(index, -side), side) for index in (begin, begin + count - 1))
        return first, last - first + 1
    period = {"wrap": side, "symmetric": 2 * side, "reflect": max(1, 2 * side - 2)}[border]
    return begin % period - (period if begin < 0 else 0), min(count, period)


def element(footprint: Any, shape: Any, structure: Any, anchor: Any, dtype: np.dtype[Any]) -> Element:
    """Return the element that the arguments describe."""
    name = _args.choice(shape, SHAPES, "shape")
    heights = None if structure is None else _heights(structure, dtype)
    if footprint is None:
        if heights is None:
            raise TypeError("footprint is missing: a size, or an array that is not 0 in the neighbourhood")
        mask = np.ones(heights.shape, np.bool_)
    elif _is_size(footprint):
        height, width = _size(footprint)
        if heights is None and name == "rectangle":
            y, x = _args.anchor(anchor, height, width, "footprint")
            return Element(((-y, -x, height, width),), ())
        mask = _shape(name, height, width)
    else:
        mask = _mask(footprint)
        if name != "rectangle":
            raise ValueError(f"shape={name!r} is for a footprint that is a size, got an array")
    y, x = _args.anchor(anchor, len(mask), len(mask[0]), "footprint")
    if heights is None:
        return Element(_boxes(mask.tobytes(), mask.shape, y, x), ())
    if heights.shape != mask.shape:
        raise ValueError(f"structure has shape {heights.shape}, footprint {mask.shape}")
    places = np.argwhere(mask).tolist()
    return Element(tuple((j - y, i - x, 1, 1) for j, i in places), tuple(heights[mask].tolist()))


def _is_size(value: Any) -> bool:
    """Whether a footprint is a side or sides: a number or numbers, right or wrong ones."""
    if isinstance(value, (tuple, list)):
        return all(not isinstance(one, (tuple, list)) and np.ndim(one) == 0 for one in value)
    return np.ndim(value) < 2


def _size(value: Any) -> tuple[int, int]:
    if np.ndim(value) == 0:
        height = width = _args.integer(value, "footprint")
    else:
        pair = _args.items(value, "footprint", "a side, (height, width) or two-dimensional")
        if len(pair) != 2:
            raise ValueError(f"footprint must be a side, (height, width) or two-dimensional, got {len(pair)} numbers")
        height, width = (_args.integer(side, f"footprint[{k}]") for k, side in enumerate(pair))
    if not (1 <= height <= LARGEST and 1 <= width <= LARGEST):
        raise ValueError(f"footprint must have sides from 1 to {LARGEST}, got ({height}, {width})")
    return height, width


@functools.lru_cache(maxsize=64)
def _shape(name: str, height: int, width: int) -> NDArray[np.bool_]:
    """Return the pixels of a shape, as large as fits into a size."""
    # Distances from the middle, of an even side from the nearer of two, and how far the outermost ones are.
    y, x = (np.abs(2 * np.arange(side) - (side - 1)) // 2 for side in (height, width))
    y, b, a = y[:, None], (height - 1) // 2, (width - 1) // 2
    if name == "ellipse":
        within = x**2 * b**2 + y**2 * a**2 <= a**2 * b**2
    elif name == "diamond":
        within = x * b + y * a <= a * b
    elif name == "cross":
        within = (x == 0) | (y == 0)
    else:
        within = np.ones((height, width), np.bool_)
    return np.ascontiguousarray(np.broadcast_to(within, (height, width)))


def _numbers(value: Any, name: str) -> NDArray[Any]:
    array = _args.real_array(value, name)
    if array.ndim != 2:
        raise ValueError(f"{name} must be two-dimensional, got shape {array.shape}")
    if not array.size:
        raise ValueError(f"{name} is empty: its shape is {array.shape}")
    if max(array.shape) > LARGEST:
        raise ValueError(f"{name} must have sides from 1 to {LARGEST}, got shape {array.shape}")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite")
    return array


def _mask(value: Any) -> NDArray[np.bool_]:
    mask = np.ascontiguousarray(_numbers(value, "footprint") != 0)
    if not mask.any():
        raise ValueError("footprint is 0 throughout: there is no neighbourhood")
    return mask


def _heights(value: Any, dtype: np.dtype[Any]) -> NDArray[np.float64]:
    """Return a structure's heights as they are added: whole for integers, rounded to float32 for all but float64."""
    heights = _numbers(value, "structure").astype(np.float64)
    if dtype.kind == "b":
        raise TypeError("structure is for images of numbers, got bool")
    if dtype.kind != "f":
        if (heights != np.floor(heights)).any():
            raise ValueError(f"structure must be of whole numbers for {dtype} images")
        return np.clip(heights, -(2.0**17), 2.0**17)  # the largest steps that there are, and exact in float32
    if dtype == np.float64:
        return heights
    with np.errstate(over="ignore"):
        rounded = heights.astype(np.float32).astype(np.float64)
    if not np.isfinite(rounded).all():
        raise ValueError(f"structure must be of numbers that float32 holds for {dtype} images")
    return rounded


@functools.lru_cache(maxsize=64)
def _boxes(mask: bytes, shape: tuple[int, int], y: int, x: int) -> tuple[Box, ...]:
    """Return a footprint as boxes: the runs of its rows, those joined that rows next to each other share."""
    boxes: list[Box] = []
    joined: dict[tuple[int, int], int] = {}  # runs of the row before, and the boxes that they are in
    for j, row in enumerate(np.frombuffer(mask, np.bool_).reshape(shape)):
        steps = np.flatnonzero(np.diff(np.concatenate(([False], row, [False])).astype(np.int8))).tolist()
        runs: dict[tuple[int, int], int] = {}
        for begin, end in zip(steps[::2], steps[1::2], strict=True):
            run = (begin, end - begin)
            if run in joined:
                top, left, rows, columns = boxes[joined[run]]
                boxes[joined[run]] = (top, left, rows + 1, columns)
                runs[run] = joined[run]
            else:
                runs[run] = len(boxes)
                boxes.append((j - y, begin - x, 1, end - begin))
        joined = runs
    return tuple(boxes)
