"""Ops that move pixels and change none: the meaning of their arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from pixlane import _args, _array
from pixlane._array import Array, Source
from pixlane._border import BORDERS, border_pixel
from pixlane._op import Call, op
from pixlane.color import shape_in

__all__ = ["crop", "flip", "pad", "rot90", "transpose"]

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
    return _flip(image, out, direction, layout)


@op("copy")
def _flip(image: Any, direction: Any, layout: Any) -> Call:
    source = _movable(image, layout)
    direction = _args.choice(direction, _DIRECTIONS, "direction")
    axis, axes = _array.AXES[source.layout][0], _axes(source)
    if direction != "horizontal":
        axes[axis] = _reversed(axes[axis])
    if direction != "vertical":
        axes[axis + 1] = _reversed(axes[axis + 1])
    return _taken(source, source.layout, axes)


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
    return _rot90(image, out, k, layout)


@op("copy")
def _rot90(image: Any, k: Any, layout: Any) -> Call:
    source = _movable(image, layout)
    axis, axes = _array.AXES[source.layout][0], _axes(source)
    rows, columns = axes[axis], axes[axis + 1]
    axes[axis : axis + 2] = (
        (rows, columns),
        (_reversed(columns), rows),
        (_reversed(rows), _reversed(columns)),
        (columns, _reversed(rows)),
    )[_args.integer(k, "k") % 4]
    return _taken(source, source.layout, axes)


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
    return _transpose(image, out, layout_out, layout)


@op("copy")
def _transpose(image: Any, layout_out: Any, layout: Any) -> Call:
    source = _movable(image, layout)
    _array.check_layout_name(layout_out, "layout_out")
    shape_in(layout_out, tuple(source.array.shape), source.layout)  # refuses what has no place
    axes = dict(zip(source.layout, _axes(source), strict=True))
    return _taken(source, layout_out, [axes.get(letter, _NEW) for letter in layout_out])


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
    if (copy is True or out is not None) and type(box) is tuple and {int}.issuperset(map(type, box)):
        return _crop(image, out, box, interpolation, copy, layout)
    source = _movable(image, layout, any_size=True)
    four = _args.box(box, source.height, source.width)
    name = _args.interpolation(interpolation)
    copied = _args.boolean(copy, "copy")
    left, top, right, bottom = (int(edge) for edge in four)
    if any(edge != int(edge) for edge in four):
        from pixlane.geometry import resize

        size = (max(1, int(four[3] - four[1] + 0.5)), max(1, int(four[2] - four[0] + 0.5)))
        return resize(image, size, interpolation=name, box=four, layout=source.layout, out=out)
    if out is not None or copied:
        return _crop(image, out, (left, top, right, bottom), interpolation, copied, layout)
    axis = _array.AXES[source.layout][0]
    return source.kind.wrap(source.array[(slice(None),) * axis + (slice(top, bottom), slice(left, right))])


@op("copy")
def _crop(image: Any, box: Any, interpolation: Any, copy: Any, layout: Any) -> Call:
    """Copy a box of whole pixels."""
    source = _movable(image, layout, any_size=True)
    left, top, right, bottom = (int(edge) for edge in _args.box(box, source.height, source.width))
    _args.interpolation(interpolation)
    _args.boolean(copy, "copy")
    axis, axes = _array.AXES[source.layout][0], _axes(source)
    axes[axis : axis + 2] = (axis, top, bottom - top, 1), (axis + 1, left, right - left, 1)
    return _taken(source, source.layout, axes)


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
    new_height, new_width = top + height + bottom, left + width + right
    if max(new_height, new_width) > _args.MOST_PIXELS:
        raise ValueError(f"padding={_args.show(padding)} makes a side beyond 2**31 - 1 of {height} x {width} pixels")
    new_shape = (*shape[:axis], new_height, new_width, *shape[axis + 2 :])
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


#: Where an axis of the result comes from: the axis of the image, the first of its indices, how many, and the step from
#: one to the next, 1 or -1.
_Axis = tuple[int, int, int, int]
_NEW: _Axis = (-1, 0, 1, 1)  # of no axis of the image


def _movable(image: Any, layout: Any, any_size: bool = False) -> Source:
    return _array.source(image, "image", layout, _array.MOVABLE, any_size=any_size)


def _axes(source: Source) -> list[_Axis]:
    """Return the axes of an image as they are."""
    return [(axis, 0, side, 1) for axis, side in enumerate(source.array.shape)]


def _reversed(axis: _Axis) -> _Axis:
    index, first, count, step = axis
    return index, first + (count - 1) * step, count, -step


def _taken(source: Source, layout: str, axes: Sequence[_Axis]) -> Call:
    """Copy what ``axes`` say of an image, into an array of ``layout``."""
    shape = tuple([count for _, _, count, _ in axes])
    places = tuple([(axis, first, step) for axis, first, _, step in axes])
    return source.array, shape, source.array.dtype, (layout, places), source.kind, (source.given,), False
