"""Ops that move pixels and change none: the meaning of their arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixlane import _args, _array
from pixlane._array import Array, Kind
from pixlane._backend import host
from pixlane._op import Call, op
from pixlane.color import shape_in
from pixlane.warps import BORDERS, border_pixel, turned

__all__ = ["crop", "flip", "pad", "rot90", "transpose"]

_NUMPY = _array.NUMPY
_DIRECTIONS = ("horizontal", "vertical", "both")


def flip(
    image: Array,
    direction: str = "horizontal",
    *,
    layout: str | None = None,
    out: Array | None = None,
) -> Array:
    """Mirror an image.

    Parameters
    ----------
    image : array, shape (H, W), (H, W, C) or (N, H, W, C)
        bool, integers of 8 to 64 bits, float16, float32 or float64; any strides, any number of channels. NumPy, CuPy,
        PIL, torch (there (H, W), (C, H, W) or (N, C, H, W)), or anything with DLPack or an array interface.
    direction : {"horizontal", "vertical", "both"}
        "horizontal" exchanges left and right, "vertical" top and bottom, "both" turns by 180 degrees.
    layout : {"HW", "HWC", "CHW", "NHW", "NHWC", "NCHW"}, optional
        What the axes are, where it is not the default above.
    out : array, optional
        Where to write the result; of the kind of ``image``, of its dtype and shape, not overlapping it.

    Returns
    -------
    array
        A copy of the same kind, dtype and device as ``image`` (NumPy for PIL); ``out`` when given.

    Raises
    ------
    TypeError
        Unsupported kind of array or dtype (the message lists the accepted ones), ``out`` of another kind or dtype.
    ValueError
        An unknown name, ``out`` of the wrong shape, read-only or overlapping ``image``.
    MemoryError
        The result cannot be allocated.

    Notes
    -----
    Exactness: pixels move, none changes. An empty image gives an empty result.

    Source: `numpy.flip`, as a copy.

    Examples
    --------
    >>> px.flip(np.array([[1, 2], [3, 4]], np.uint8))
    array([[2, 1],
           [4, 3]], dtype=uint8)
    """
    given, array, kind, layout = _movable(image, layout)
    if direction not in _DIRECTIONS:
        _args.refuse_name(direction, _DIRECTIONS, "direction")
    axis = _array.AXES[layout][0]
    view = array if direction == "horizontal" else array[(slice(None),) * axis + (slice(None, None, -1),)]
    if direction != "vertical":
        view = view[(slice(None),) * (axis + 1) + (slice(None, None, -1),)]
    return _copied(given, view, kind, layout, out)


def rot90(
    image: Array,
    k: int = 1,
    *,
    layout: str | None = None,
    out: Array | None = None,
) -> Array:
    """Turn an image counter-clockwise by ``k`` times 90 degrees.

    Parameters
    ----------
    image : array, shape (H, W), (H, W, C) or (N, H, W, C)
        bool, integers of 8 to 64 bits, float16, float32 or float64; any strides, any number of channels. NumPy, CuPy,
        PIL, torch (there (H, W), (C, H, W) or (N, C, H, W)), or anything with DLPack or an array interface.
    k : int, default 1
        How often; negative ones turn clockwise.
    layout : {"HW", "HWC", "CHW", "NHW", "NHWC", "NCHW"}, optional
        What the axes are, where it is not the default above.
    out : array, optional
        Where to write the result; of the kind of ``image``, of its dtype and of the right shape, not overlapping it.

    Returns
    -------
    array
        A copy of the same kind, dtype and device as ``image`` (NumPy for PIL), its sides exchanged when ``k`` is odd;
        ``out`` when given.

    Raises
    ------
    TypeError
        Unsupported kind of array or dtype (the message lists the accepted ones), ``k`` not an int, ``out`` of another
        kind or dtype.
    ValueError
        An unknown name, ``out`` of the wrong shape, read-only or overlapping ``image``.
    MemoryError
        The result cannot be allocated.

    Notes
    -----
    Exactness: pixels move, none changes. An empty image gives an empty result.

    Source: `numpy.rot90`, as a copy.

    Examples
    --------
    >>> px.rot90(np.array([[1, 2], [3, 4]], np.uint8))
    array([[2, 4],
           [1, 3]], dtype=uint8)
    """
    given, array, kind, layout = _movable(image, layout)
    turns = k if type(k) is int else _args.integer(k, "k")
    return _copied(given, turned(array, _array.AXES[layout][0], turns), kind, layout, out)


def transpose(
    image: Array,
    layout_out: str,
    *,
    layout: str | None = None,
    out: Array | None = None,
) -> Array:
    """Put the axes of an image in another order, in memory.

    Parameters
    ----------
    image : array, shape (H, W), (H, W, C) or (N, H, W, C)
        bool, integers of 8 to 64 bits, float16, float32 or float64; any strides, any number of channels. NumPy, CuPy,
        PIL, torch (there (H, W), (C, H, W) or (N, C, H, W)), or anything with DLPack or an array interface.
    layout_out : {"HW", "HWC", "CHW", "NHW", "NHWC", "NCHW"}
        What the axes of the result shall be. An axis that it lacks must be 1 long, one that it adds will be.
    layout : {"HW", "HWC", "CHW", "NHW", "NHWC", "NCHW"}, optional
        What the axes of ``image`` are, where it is not the default above.
    out : array, optional
        Where to write the result; of the kind of ``image``, of its dtype and of the right shape, not overlapping it.

    Returns
    -------
    array
        A copy of the same kind, dtype and device as ``image`` (NumPy for PIL); ``out`` when given.

    Raises
    ------
    TypeError
        Unsupported kind of array or dtype (the message lists the accepted ones), ``out`` of another kind or dtype.
    ValueError
        An unknown name, an axis longer than 1 that the new layout lacks, ``out`` of the wrong shape, read-only or
        overlapping ``image``.
    MemoryError
        The result cannot be allocated.

    Notes
    -----
    Exactness: pixels move, none changes. An empty image gives an empty result.

    Source: `numpy.transpose`, as a copy.

    Examples
    --------
    >>> px.transpose(np.zeros((4, 6, 3), np.uint8), "CHW").shape
    (3, 4, 6)
    """
    given, array, kind, layout = _movable(image, layout)
    _array.check_layout_name(layout_out, "layout_out")
    shape_in(layout_out, tuple(array.shape), layout)  # refuses what has no place
    # Axes of length one first lose their place, then the new ones get theirs.
    order = [layout.index(letter) for letter in layout_out if letter in layout]
    dropped = [axis for axis in range(len(layout)) if axis not in order]
    view = array.transpose(order + dropped)
    view = view[(slice(None),) * len(order) + (0,) * len(dropped)]
    if len(order) < len(layout_out):
        view = view[tuple([slice(None) if letter in layout else None for letter in layout_out])]
    return _copied(given, view, kind, layout_out, out)


def crop(
    image: Array,
    box: Sequence[float] | NDArray[Any],
    *,
    interpolation: str = "bilinear",
    copy: bool = False,
    layout: str | None = None,
    out: Array | None = None,
) -> Array:
    """Cut a part out of an image.

    Parameters
    ----------
    image : array, shape (H, W), (H, W, C) or (N, H, W, C)
        bool, integers of 8 to 64 bits, float16, float32 or float64; any strides, any number of channels. NumPy, CuPy,
        PIL, torch (there (H, W), (C, H, W) or (N, C, H, W)), or anything with DLPack or an array interface.
    box : (float, float, float, float)
        (left, top, right, bottom) in pixels, inside the image: (0, 0, 1, 1) is the first pixel.
    interpolation : {"bilinear", "nearest", "bicubic", "lanczos", "area"}
        What makes pixels of a box with fractions.
    copy : bool, default False
        Copy a box of whole pixels too.
    layout : {"HW", "HWC", "CHW", "NHW", "NHWC", "NCHW"}, optional
        What the axes are, where it is not the default above.
    out : array, optional
        Where to write the result; of the kind of ``image``, of its dtype and of the right shape, not overlapping it.

    Returns
    -------
    array
        Same kind, dtype and device as ``image`` (NumPy for PIL): for a box of whole pixels a view of the image's own
        memory, as slicing gives, unless ``copy``; otherwise an array of its own; ``out`` when given.

    Raises
    ------
    TypeError
        Unsupported kind of array or dtype (the message lists the accepted ones; a box with fractions takes those that
        `resize` takes), ``box`` not of numbers, ``out`` of another kind or dtype.
    ValueError
        ``box`` outside of the image or without area, an unknown name, ``out`` of the wrong shape, read-only or
        overlapping ``image``.
    MemoryError
        The result cannot be allocated.

    Notes
    -----
    Exactness: whole pixels are as they were. A box with fractions is what `resize` makes of it at the size
    floor(side + 1/2), at least 1, and as exact.

    Source: slicing; `resize` with its ``box``.

    Examples
    --------
    >>> px.crop(np.arange(12).reshape(3, 4), (1, 0, 3, 2))
    array([[1, 2],
           [5, 6]])
    """
    given, array, kind, layout = _movable(image, layout)
    axis = _array.AXES[layout][0]
    height, width = array.shape[axis], array.shape[axis + 1]
    four = _args.box(box, height, width)
    name = _args.interpolation(interpolation)
    copied = _args.boolean(copy, "copy")
    left, top, right, bottom = (int(edge) for edge in four)
    if any(edge != int(edge) for edge in four):
        from pixlane.geometry import resize

        size = (max(1, int(four[3] - four[1] + 0.5)), max(1, int(four[2] - four[0] + 0.5)))
        return resize(image, size, interpolation=name, box=four, layout=layout, out=out)
    view = array[(slice(None),) * axis + (slice(top, bottom), slice(left, right))]
    if out is None and not copied:
        return kind.wrap(view)
    return _copied(given, view, kind, layout, out)


def pad(
    image: Array,
    padding: int | Sequence[int] | NDArray[Any],
    *,
    border: str = "constant",
    value: _args.Numbers = 0,
    layout: str | None = None,
    out: Array | None = None,
) -> Array:
    """Put pixels around an image.

    Parameters
    ----------
    image : array, shape (H, W), (H, W, C) or (N, H, W, C)
        bool, integers of 8 to 64 bits, float16, float32 or float64; any strides, any number of channels. NumPy, CuPy,
        PIL, torch (there (H, W), (C, H, W) or (N, C, H, W)), or anything with DLPack or an array interface.
    padding : int or (int, int, int, int)
        How many: on every side, or (left, top, right, bottom).
    border : {"constant", "edge", "reflect", "symmetric", "wrap"}
        Which: ``value``, or the image continued as `numpy.pad` does, also over several of its sizes.
    value : float or sequence of float
        The pixels of "constant", one number, or one per channel; rounded to the dtype.
    layout : {"HW", "HWC", "CHW", "NHW", "NHWC", "NCHW"}, optional
        What the axes are, where it is not the default above.
    out : array, optional
        Where to write the result; of the kind of ``image``, of its dtype and of the right shape, not overlapping it.

    Returns
    -------
    array
        Same kind, dtype and device as ``image`` (NumPy for PIL); ``out`` when given.

    Raises
    ------
    TypeError
        Unsupported kind of array or dtype (the message lists the accepted ones), ``padding`` not of ints, ``out`` of
        another kind or dtype.
    ValueError
        ``padding`` below 0 (see `crop`), an unknown name, ``value`` outside of the dtype's range, an image without
        pixels, ``out`` of the wrong shape, read-only or overlapping ``image``.
    MemoryError
        The result cannot be allocated.

    Notes
    -----
    Exactness: pixels move, none changes. N = 0 or C = 0 gives an empty result.

    Source: `numpy.pad`.

    Examples
    --------
    >>> px.pad(np.array([[1, 2, 3]], np.uint8), (2, 0, 1, 0), border="reflect")
    array([[3, 2, 1, 2, 3, 2]], dtype=uint8)
    """
    return _pad(image, out, padding, border, value, layout)


@op("pad")
def _pad(image: Any, padding: Any, border: Any, value: Any, layout: Any) -> Call:
    given, array, kind, layout, height, width, channels = _array.source(image, "image", layout, _array.MOVABLE)
    shape = tuple(array.shape)
    if not (height and width):
        raise ValueError(f"image has no pixels to pad: its shape is {shape} in layout {layout}")
    left, top, right, bottom = _padding(padding)
    edges = _args.choice(border, BORDERS, "border")
    pixel = border_pixel(value, channels, array.dtype)
    axis = _array.AXES[layout][0]
    new_shape = (*shape[:axis], top + height + bottom, left + width + right, *shape[axis + 2 :])
    return array, new_shape, array.dtype, (layout, top, left, edges, pixel), kind, (given,), False


def _padding(padding: Any) -> tuple[int, int, int, int]:
    if isinstance(padding, (tuple, list)) or getattr(padding, "ndim", 0) == 1:
        sides = [_args.integer(one, f"padding[{k}]") for k, one in enumerate(_args.items(padding, "padding", ""))]
        if len(sides) != 4:
            raise ValueError(f"padding must be an int or (left, top, right, bottom), got {len(sides)} values")
    else:
        sides = [_args.integer(padding, "padding")] * 4
    if min(sides) < 0:
        raise ValueError(f"padding must be at least 0, got {_args.show(padding)}; px.crop cuts off")
    return sides[0], sides[1], sides[2], sides[3]


def _movable(image: Any, layout: str | None) -> tuple[Any, Any, Kind, str]:
    """Return an image as it came, as the backend reads it, its kind and its layout."""
    given, kind = (image, _NUMPY) if type(image) is np.ndarray else _array.view(image, "image")
    array = given if given.dtype is _array.UINT8 else _array.readable(given, _array.MOVABLE, "image")
    return given, array, kind, _array.check_layout(layout, array, kind, "image")


def _copied(given: Any, view: Any, kind: Kind, layout: str, out: Any) -> Array:
    """Copy ``view`` into an array of its own, or ``out``."""
    if out is not None:
        result = _array.check_out(out, kind, view.shape, view.dtype, (given,))
    else:
        result = _array.allocate(kind, view.shape, view.dtype)
    if 0 not in view.shape:
        backend = host.get() if kind is _NUMPY else kind.backend()
        backend.copy(view, result, layout)
    return out if out is not None else kind.wrap(result)
