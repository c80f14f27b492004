"""Ops that look up every output pixel at a point of the image: the meaning of their arguments."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pixlane import _args, _array, matrix
from pixlane._array import Array, Source
from pixlane._border import BORDERS, border_pixel
from pixlane._op import Call, op
from pixlane.moves import rot90

__all__ = ["affine", "elastic", "perspective", "remap", "rotate"]

INTERPOLATIONS = ("bilinear", "nearest", "bicubic", "lanczos")

#: The longest side of an image that is warped: coordinates are clamped to 2^30 (docs/warp.md).
LONGEST_SIDE = 2**29
#: The farthest that neighbouring output pixels of an affine map may lie apart in the image.
LARGEST_STEP = float(2**20)

_MAP_DTYPES = frozenset(np.dtype(name) for name in ("float32", "float64", "int32"))
_LAST_ROW = (0.0, 0.0, 1.0)  # of an affine matrix

Matrix = tuple[float, ...]
Point = Sequence[float] | NDArray[Any]


#: What every warp takes, as backends take it: interpolation, border, value (a pixel), premultiply.
_Options: TypeAlias = tuple[str, str, NDArray[Any], bool]


def rotate(
    image: Array,
    angle: float | _args.Numbers,
    *,
    center: Point | None = None,
    zoom: float | _args.Numbers = 1.0,
    expand: bool = False,
    interpolation: str = "bilinear",
    antialias: bool = False,
    border: str = "constant",
    value: _args.Numbers = 0,
    premultiply: bool = False,
    layout: str | None = None,
    out: Array | None = None,
) -> Array:
    """Rotate an image counter-clockwise by any angle.

    Parameters
    ----------
    image : array, shape (H, W), (H, W, C) or (N, H, W, C)
        uint8, uint16, int16, float16, float32 or float64, and with ``interpolation="nearest"`` also bool and integers
        of 8 to 64 bits; any strides, any number of channels. NumPy, CuPy, PIL, torch (there (H, W), (C, H, W) or
        (N, C, H, W)), or anything with DLPack or an array interface.
    angle : float or sequence of float
        Degrees, counter-clockwise; for a batch also one for each image.
    center : (float, float), optional
        The point (x, y) that stays, in pixel centres; ((W - 1) / 2, (H - 1) / 2) by default.
    zoom : float or sequence of float
        How much to enlarge; for a batch also one for each image.
    expand : bool, default False
        Make the result as large as the whole rotated image, which it centres (``center`` then makes no difference);
        for a batch as large as the largest. Otherwise it is as large as ``image``.
    interpolation : {"bilinear", "nearest", "bicubic", "lanczos"}
        bicubic has a = -0.5, lanczos three lobes.
    antialias : bool, default False
        Where ``zoom`` is below 1, first resize the image, antialiased, so that every pixel counts.
    border : {"constant", "edge", "reflect", "symmetric", "wrap"}
        What lies outside: ``value``, or the image continued as `numpy.pad` does.
    value : float or sequence of float
        What lies outside with "constant", one number, or one per channel; rounded to the dtype. Floats may be NaN.
    premultiply : bool, default False
        Weight colours by alpha, the last of four (RGBA) or two (LA) channels: transparent pixels do not bleed.
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
        Unsupported kind of array or dtype (the message lists the accepted ones), ``angle`` not a number, ``out`` of
        another kind or dtype.
    ValueError
        ``angle`` not finite or not one per image, ``zoom`` not above 2^-20, an unknown name, ``value`` outside of the
        dtype's range, an image without pixels or with a side beyond 2^29, ``premultiply`` without alpha, ``out`` of the
        wrong shape, read-only or overlapping ``image``.
    MemoryError
        The result cannot be allocated.

    Notes
    -----
    Exactness: bit-identical on every backend; uint8 is within 1 level of the real-valued result, 16 bits within 2,
    float32 within 4e-6 of the range, float64 within 4e-9. Coordinates are exact to 2^-26 pixel. Multiples of 90 degrees
    that fit the result move pixels and change none, but with ``premultiply``, as in any warp, a colour without alpha
    becomes 0. N = 0 or C = 0 gives an empty result.

    Source: the point of the image behind each output pixel, interpolated; bicubic by Keys, "Cubic convolution
    interpolation for digital image processing", 1981.

    Examples
    --------
    >>> px.rotate(np.array([[1, 2], [3, 4]], np.uint8), 90)
    array([[2, 4],
           [1, 3]], dtype=uint8)
    """
    # What one warp does is remembered, and so is what rot90 does; several images in turn are not.
    turn: Any = angle
    if antialias is False and (premultiply is not False or type(turn) not in (int, float) or turn % 90 != 0):
        return _rotate(image, out, angle, center, zoom, expand, interpolation, border, value, premultiply, layout)
    source = _source(image, layout, interpolation)
    options = _options(source, interpolation, border, value, premultiply)
    antialias = _args.boolean(antialias, "antialias")
    matrices, height, width, quarters = _rotations(source, angle, center, zoom, expand)
    if quarters is None or options[3]:
        return _warped(source, matrices, "zoom", height, width, options, antialias, out)
    return rot90(image, quarters, layout=source.layout, out=out)


@op("warp")
def _rotate(
    image: Any,
    angle: Any,
    center: Any,
    zoom: Any,
    expand: Any,
    interpolation: Any,
    border: Any,
    value: Any,
    premultiply: Any,
    layout: Any,
) -> Call:
    source = _source(image, layout, interpolation)
    options = _options(source, interpolation, border, value, premultiply)
    matrices, height, width, _ = _rotations(source, angle, center, zoom, expand)
    return _call(source, matrices, "zoom", height, width, options)


def _rotations(
    source: Source, angle: Any, center: Any, zoom: Any, expand: Any
) -> tuple[tuple[Matrix, ...], int, int, int | None]:
    """Return the maps to the image, the size of the result, and how many quarter turns that is, where nothing else."""
    height, width = source.height, source.width
    angles = _each(angle, source, "angle")
    zooms = _args.positive(_each(zoom, source, "zoom"), "zoom")
    middle = ((width - 1) / 2.0, (height - 1) / 2.0)
    point = matrix._pair(center, "center") if center is not None else middle
    turns = [matrix.sin_cos(one) for one in (angles if len(angles) >= len(zooms) else angles * len(zooms))]
    if len(zooms) < len(turns):
        zooms = zooms * len(turns)
    target, new_height, new_width = point, height, width
    if _args.boolean(expand, "expand"):
        boxes = [_expanded(height, width, *turn, factor) for turn, factor in zip(turns, zooms, strict=True)]
        new_height, new_width = max(box[0] for box in boxes), max(box[1] for box in boxes)
        point, target = middle, ((new_width - 1) / 2.0, (new_height - 1) / 2.0)
    quarters = None
    if len(turns) == 1 and zooms[0] == 1.0 and point == middle:
        quarters = _quarter_turns(turns[0])
        if quarters is not None and (new_height, new_width) != ((width, height) if quarters % 2 else (height, width)):
            quarters = None
    matrices = tuple([_rotation_back(turn, factor, point, target) for turn, factor in zip(turns, zooms, strict=True)])
    for one in matrices:
        steps = max(abs(one[0]), abs(one[1]))  # those that are too large are refused for that
        if steps <= LARGEST_STEP and not (math.isfinite(one[2]) and math.isfinite(one[5])):
            raise ValueError(f"center and zoom make coordinates beyond float64, got center={point}, zoom={zoom}")
    return matrices, new_height, new_width, quarters


def affine(
    image: Array,
    matrix: Any,
    size: Sequence[int] | NDArray[Any] | None = None,
    *,
    inverse: bool = False,
    interpolation: str = "bilinear",
    antialias: bool = False,
    border: str = "constant",
    value: _args.Numbers = 0,
    premultiply: bool = False,
    layout: str | None = None,
    out: Array | None = None,
) -> Array:
    """Move every point (x, y) of an image to ``matrix`` times (x, y, 1).

    Parameters
    ----------
    image : array, shape (H, W), (H, W, C) or (N, H, W, C)
        uint8, uint16, int16, float16, float32 or float64, and with ``interpolation="nearest"`` also bool and integers
        of 8 to 64 bits; any strides, any number of channels. NumPy, CuPy, PIL, torch (there (H, W), (C, H, W) or
        (N, C, H, W)), or anything with DLPack or an array interface.
    matrix : array, shape (2, 3) or (3, 3)
        Maps points of the image to points of the result, in pixel centres; `pixlane.matrix` makes such. A last row
        is (0, 0, 1). For a batch also (N, 2, 3) or (N, 3, 3), one for each image.
    size : (int, int), optional
        Height and width of the result; those of the image by default.
    inverse : bool, default False
        ``matrix`` maps points of the result to points of the image.
    interpolation : {"bilinear", "nearest", "bicubic", "lanczos"}
        bicubic has a = -0.5, lanczos three lobes.
    antialias : bool, default False
        Where the map shrinks, first resize the image, antialiased, so that every pixel counts.
    border : {"constant", "edge", "reflect", "symmetric", "wrap"}
        What lies outside: ``value``, or the image continued as `numpy.pad` does.
    value : float or sequence of float
        What lies outside with "constant", one number, or one per channel; rounded to the dtype. Floats may be NaN.
    premultiply : bool, default False
        Weight colours by alpha, the last of four (RGBA) or two (LA) channels: transparent pixels do not bleed.
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
        Unsupported kind of array or dtype (the message lists the accepted ones), ``matrix`` not of numbers, ``out`` of
        another kind or dtype.
    ValueError
        ``matrix`` of another shape, singular, not finite, or shrinking to less than 2^-20; ``size`` below 1, an unknown
        name, ``value`` outside of the dtype's range, an image without pixels or with a side beyond 2^29,
        ``premultiply`` without alpha, ``out`` of the wrong shape, read-only or overlapping ``image``.
    MemoryError
        The result cannot be allocated.

    Notes
    -----
    Exactness: bit-identical on every backend; uint8 is within 1 level of the real-valued result, 16 bits within 2,
    float32 within 4e-6 of the range, float64 within 4e-9. Coordinates are exact to 2^-26 pixel. The identity and moves
    by whole pixels change no pixel. With ``antialias`` the image is rounded to its dtype once more in between. N = 0 or
    C = 0 gives an empty result.

    Source: the point of the image behind each output pixel, interpolated; bicubic by Keys, "Cubic convolution
    interpolation for digital image processing", 1981.

    Examples
    --------
    >>> px.affine(np.array([[1, 2, 3]], np.uint8), px.matrix.translation(1, 0), value=9)
    array([[9, 1, 2]], dtype=uint8)
    """
    matrix = _constant(matrix)
    if antialias is False:
        return _affine(image, out, matrix, size, inverse, interpolation, border, value, premultiply, layout)
    source = _source(image, layout, interpolation)
    matrices, height, width, options = _by_matrix(
        source, matrix, True, size, inverse, interpolation, border, value, premultiply
    )
    antialias = _args.boolean(antialias, "antialias")
    return _warped(source, matrices, "matrix", height, width, options, antialias, out)


@op("warp")
def _affine(
    image: Any,
    matrix: Any,
    size: Any,
    inverse: Any,
    interpolation: Any,
    border: Any,
    value: Any,
    premultiply: Any,
    layout: Any,
) -> Call:
    source = _source(image, layout, interpolation)
    matrices, height, width, options = _by_matrix(
        source, matrix, True, size, inverse, interpolation, border, value, premultiply
    )
    return _call(source, matrices, "matrix", height, width, options)


def perspective(
    image: Array,
    matrix: Any,
    size: Sequence[int] | NDArray[Any] | None = None,
    *,
    inverse: bool = False,
    interpolation: str = "bilinear",
    border: str = "constant",
    value: _args.Numbers = 0,
    premultiply: bool = False,
    layout: str | None = None,
    out: Array | None = None,
) -> Array:
    """Move every point (x, y) of an image to (X / W, Y / W), where (X, Y, W) is ``matrix`` times (x, y, 1).

    Parameters
    ----------
    image : array, shape (H, W), (H, W, C) or (N, H, W, C)
        uint8, uint16, int16, float16, float32 or float64, and with ``interpolation="nearest"`` also bool and integers
        of 8 to 64 bits; any strides, any number of channels. NumPy, CuPy, PIL, torch (there (H, W), (C, H, W) or
        (N, C, H, W)), or anything with DLPack or an array interface.
    matrix : array, shape (3, 3)
        Maps points of the image to points of the result, in pixel centres; `pixlane.matrix` makes such. For a batch
        also (N, 3, 3), one for each image.
    size : (int, int), optional
        Height and width of the result; those of the image by default.
    inverse : bool, default False
        ``matrix`` maps points of the result to points of the image.
    interpolation : {"bilinear", "nearest", "bicubic", "lanczos"}
        bicubic has a = -0.5, lanczos three lobes.
    border : {"constant", "edge", "reflect", "symmetric", "wrap"}
        What lies outside: ``value``, or the image continued as `numpy.pad` does.
    value : float or sequence of float
        What lies outside with "constant", one number, or one per channel; rounded to the dtype. Floats may be NaN.
    premultiply : bool, default False
        Weight colours by alpha, the last of four (RGBA) or two (LA) channels: transparent pixels do not bleed.
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
        Unsupported kind of array or dtype (the message lists the accepted ones), ``matrix`` not of numbers, ``out`` of
        another kind or dtype.
    ValueError
        ``matrix`` of another shape, singular or not finite; ``size`` below 1, an unknown name, ``value`` outside of the
        dtype's range, an image without pixels or with a side beyond 2^29, ``premultiply`` without alpha, ``out`` of the
        wrong shape, read-only or overlapping ``image``.
    MemoryError
        The result cannot be allocated.

    Notes
    -----
    Exactness: bit-identical on every backend; uint8 is within 1 level of the real-valued result, 16 bits within 2,
    float32 within 4e-6 of the range, float64 within 4e-9, where W is not so close to 0 that the coordinate itself
    drowns in rounding. On either side of the horizon (W = 0) the formula holds, as in OpenCV; on it, where the point is
    0 / 0, the result is ``value``. A matrix whose last row is (0, 0, 1) gives what `affine` gives. There is no
    ``antialias``, as every place shrinks by another factor: resize the image first where all do. N = 0 or C = 0 gives
    an empty result.

    Source: the point of the image behind each output pixel, interpolated; bicubic by Keys, "Cubic convolution
    interpolation for digital image processing", 1981.

    Examples
    --------
    >>> px.perspective(np.array([[1, 2, 3]], np.uint8), [[1, 0, 1], [0, 1, 0], [0, 0, 1]], value=9)
    array([[9, 1, 2]], dtype=uint8)
    """
    return _perspective(image, out, _constant(matrix), size, inverse, interpolation, border, value, premultiply, layout)


@op("warp")
def _perspective(
    image: Any,
    matrix: Any,
    size: Any,
    inverse: Any,
    interpolation: Any,
    border: Any,
    value: Any,
    premultiply: Any,
    layout: Any,
) -> Call:
    source = _source(image, layout, interpolation)
    matrices, height, width, options = _by_matrix(
        source, matrix, False, size, inverse, interpolation, border, value, premultiply
    )
    return _call(source, matrices, "matrix", height, width, options)


def remap(
    image: Array,
    map_x: Array,
    map_y: Array,
    *,
    relative: bool = False,
    interpolation: str = "bilinear",
    border: str = "constant",
    value: _args.Numbers = 0,
    premultiply: bool = False,
    layout: str | None = None,
    out: Array | None = None,
) -> Array:
    """Give each output pixel the point of the image that the maps name.

    Parameters
    ----------
    image : array, shape (H, W), (H, W, C) or (N, H, W, C)
        uint8, uint16, int16, float16, float32 or float64, and with ``interpolation="nearest"`` also bool and integers
        of 8 to 64 bits; any strides, any number of channels. NumPy, CuPy, PIL, torch (there (H, W), (C, H, W) or
        (N, C, H, W)), or anything with DLPack or an array interface.
    map_x, map_y : array, shape (height, width)
        x and y of the points, in pixel centres, for each pixel of the result: float32, float64, or int32 in units of
        2^-14 pixel (`pixlane.matrix.compact_map` makes such); both of one shape and dtype. For a batch also (N, height,
        width). NumPy for NumPy and PIL, otherwise of the kind of ``image``.
    relative : bool, default False
        The maps hold displacements: pixel (x, y) looks at (x + map_x, y + map_y).
    interpolation : {"bilinear", "nearest", "bicubic", "lanczos"}
        bicubic has a = -0.5, lanczos three lobes.
    border : {"constant", "edge", "reflect", "symmetric", "wrap"}
        What lies outside: ``value``, or the image continued as `numpy.pad` does.
    value : float or sequence of float
        What lies outside with "constant", one number, or one per channel; rounded to the dtype. Floats may be NaN.
    premultiply : bool, default False
        Weight colours by alpha, the last of four (RGBA) or two (LA) channels: transparent pixels do not bleed.
    layout : {"HW", "HWC", "CHW", "NHW", "NHWC", "NCHW"}, optional
        What the axes of ``image`` are, where it is not the default above.
    out : array, optional
        Where to write the result; of the kind of ``image``, of its dtype and of the right shape, not overlapping it or
        a map.

    Returns
    -------
    array
        Same kind, dtype and device as ``image`` (NumPy for PIL), as large as the maps; ``out`` when given.

    Raises
    ------
    TypeError
        Unsupported kind of array or dtype (the message lists the accepted ones), maps of different dtypes, ``out`` of
        another kind or dtype.
    ValueError
        Maps of the wrong shape, an unknown name, ``value`` outside of the dtype's range, an image without pixels or
        with a side beyond 2^29, ``premultiply`` without alpha, ``out`` of the wrong shape, read-only or overlapping an
        input.
    MemoryError
        The result cannot be allocated.

    Notes
    -----
    Exactness: bit-identical on every backend; uint8 is within 1 level of the real-valued result, 16 bits within 2,
    float32 within 4e-6 of the range, float64 within 4e-9. A point that is NaN gives ``value`` with every border;
    infinite ones, and those beyond 2^30 pixels, are outside. There is no ``antialias``, as maps may shrink every place
    by another factor: resize the image first where all do. N = 0 or C = 0 gives an empty result.

    Source: the point of the image behind each output pixel, interpolated; bicubic by Keys, "Cubic convolution
    interpolation for digital image processing", 1981.

    Examples
    --------
    >>> x, y = np.array([[2.0, 0.5]]), np.array([[0.0, 0.0]])
    >>> px.remap(np.array([[10, 20, 30]], np.uint8), x, y)
    array([[30, 15]], dtype=uint8)
    """
    return _remap(image, out, map_x, map_y, relative, interpolation, border, value, premultiply, layout)


@op("remap", maps=2)
def _remap(
    image: Any,
    map_x: Any,
    map_y: Any,
    relative: Any,
    interpolation: Any,
    border: Any,
    value: Any,
    premultiply: Any,
    layout: Any,
) -> Call:
    source = _source(image, layout, interpolation)
    options = _options(source, interpolation, border, value, premultiply)
    relative = _args.boolean(relative, "relative")
    across, down = _map(map_x, source, "map_x"), _map(map_y, source, "map_y")
    if across.shape != down.shape or across.dtype != down.dtype:
        raise (ValueError if across.dtype == down.dtype else TypeError)(
            f"map_x and map_y must have one shape and dtype, got {tuple(across.shape)} of {across.dtype} and "
            f"{tuple(down.shape)} of {down.dtype}"
        )
    given, array, kind, axes, *_ = source
    shape = _shape(source, *across.shape[-2:])
    return array, shape, array.dtype, (axes, across, down, relative, *options), kind, (given, across, down), False


def elastic(
    image: Array,
    alpha: float,
    sigma: float,
    *,
    seed: int | Sequence[int] | NDArray[Any] = 0,
    interpolation: str = "bilinear",
    border: str = "reflect",
    value: _args.Numbers = 0,
    premultiply: bool = False,
    layout: str | None = None,
    out: Array | None = None,
) -> Array:
    """Distort an image by smooth random displacements.

    Parameters
    ----------
    image : array, shape (H, W), (H, W, C) or (N, H, W, C)
        uint8, uint16, int16, float16, float32 or float64, and with ``interpolation="nearest"`` also bool and integers
        of 8 to 64 bits; any strides, any number of channels. NumPy, CuPy, PIL, torch (there (H, W), (C, H, W) or
        (N, C, H, W)), or anything with DLPack or an array interface.
    alpha : float
        Pixels by which the displacements, blurred noise from -1 to 1, are multiplied.
    sigma : float
        Standard deviation of the gaussian that blurs the noise, in pixels, from 0 to 1000: the larger, the smoother,
        and the weaker, about as 1 / sigma.
    seed : int or sequence of int
        From 0 to 2^64 - 1; the same seed gives the same displacements, on every machine and for an image and its mask.
        For a batch also one for each image; one seed distorts all alike.
    interpolation : {"bilinear", "nearest", "bicubic", "lanczos"}
        bicubic has a = -0.5, lanczos three lobes.
    border : {"reflect", "constant", "edge", "symmetric", "wrap"}
        What lies outside: ``value``, or the image continued as `numpy.pad` does.
    value : float or sequence of float
        What lies outside with "constant", one number, or one per channel; rounded to the dtype. Floats may be NaN.
    premultiply : bool, default False
        Weight colours by alpha, the last of four (RGBA) or two (LA) channels: transparent pixels do not bleed.
    layout : {"HW", "HWC", "CHW", "NHW", "NHWC", "NCHW"}, optional
        What the axes are, where it is not the default above.
    out : array, optional
        Where to write the result; of the kind of ``image``, of its dtype and shape, not overlapping it.

    Returns
    -------
    array
        Same kind, dtype and device as ``image`` (NumPy for PIL); ``out`` when given.

    Raises
    ------
    TypeError
        Unsupported kind of array or dtype (the message lists the accepted ones), ``seed`` not of ints, ``out`` of
        another kind or dtype.
    ValueError
        ``alpha`` not finite or beyond 2^30, ``sigma`` not from 0 to 1000, ``seed`` out of range or not one per image,
        an unknown name, ``value`` outside of the dtype's range, an image without pixels or with a side beyond 2^29,
        ``premultiply`` without alpha, ``out`` of the wrong shape, read-only or overlapping ``image``.
    MemoryError
        The result cannot be allocated.

    Notes
    -----
    Exactness: bit-identical on every backend. The displacements are sums in float32 in a fixed order; what they
    displace is exact as in `remap`. The noise of a pixel depends on the seed and its place alone and goes on beyond the
    image, so a larger image has the same displacements where both are. N = 0 or C = 0 gives an empty result.

    Source: Simard, Steinkraus and Platt, "Best practices for convolutional neural networks applied to visual document
    analysis", 2003; noise by Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011 (Philox4x32-10).

    Examples
    --------
    >>> px.elastic(np.zeros((40, 60, 3), np.uint8), alpha=50, sigma=5, seed=7).shape
    (40, 60, 3)
    """
    source = _source(image, layout, interpolation)
    strength, spread = _args.number(alpha, "alpha"), _args.number(sigma, "sigma")
    if abs(strength) > 2.0**30:
        raise ValueError(f"alpha must be from -2**30 to 2**30, got {strength}")
    if not 0.0 <= spread <= 1000.0:
        raise ValueError(f"sigma must be from 0 to 1000, got {spread}")
    seeds = _seeds(seed, source)
    options = _options(source, interpolation, border, value, premultiply)
    result = _result(source, source.array.shape, out)
    if result.size:
        backend = source.kind.backend()
        field = _array.allocate(source.kind, (2, source.height, source.width), np.dtype(np.float32))
        for n, one in enumerate(seeds):
            backend.displacement(field, one, spread, strength)
            if len(seeds) == 1:
                backend.remap(source.array, result, source.layout, field[0], field[1], True, *options)
            else:
                backend.remap(source.array[n], result[n], source.layout[1:], field[0], field[1], True, *options)
    return out if out is not None else source.kind.wrap(result)


# ---- the image and what all warps take


def _source(image: Any, layout: str | None, interpolation: Any) -> Source:
    source = _array.source(image, "image", layout, *_array.sampled(interpolation))
    _, array, _, axes, height, width, _ = source
    if not (height and width):
        raise ValueError(f"image has no pixels: its shape is {tuple(array.shape)} in layout {axes}")
    if height > LONGEST_SIDE or width > LONGEST_SIDE:
        raise ValueError(f"image must have sides of at most 2**29 to be warped, got {height} x {width}")
    return source


def _images(source: Source) -> int | None:
    """Return how many images a batch has."""
    return int(source.array.shape[0]) if source.layout[0] == "N" else None


def _shape(source: Source, height: int, width: int) -> tuple[int, ...]:
    """Return the shape of a result of another height and width."""
    axis, whole = _array.AXES[source.layout][0], source.array.shape
    return (*whole[:axis], height, width, *whole[axis + 2 :])


def _result(source: Source, shape: tuple[int, ...], out: Any, others: tuple[Any, ...] = ()) -> Any:
    if out is None:
        return _array.allocate(source.kind, shape, source.array.dtype)
    return _array.check_out(out, source.kind, shape, source.array.dtype, (source.given, *others))


def _options(source: Source, interpolation: Any, border: Any, value: Any, premultiply: Any) -> _Options:
    name = _args.choice(interpolation, INTERPOLATIONS, "interpolation")
    edges = _args.choice(border, BORDERS, "border")
    pixel = border_pixel(value, source.channels, source.array.dtype)
    weighted = _args.premultiply(premultiply, source.channels, source.layout, source.array.shape)
    return name, edges, pixel, weighted and name != "nearest"


def _each(value: Any, source: Source, name: str) -> tuple[float, ...]:
    """Return one number, or one for each image of a batch."""
    if type(value) is float and value - value == 0.0:
        return (value,)
    if not isinstance(value, (tuple, list)) and getattr(value, "ndim", None) != 1:
        return (_args.number(value, name),)
    listed = _args.items(value, name, "a number or one number per image")
    _one_per_image(len(listed), source, name)
    return tuple([_args.number(one, f"{name}[{k}]") for k, one in enumerate(listed)]) or (1.0,)


def _one_per_image(have: int, source: Source, name: str) -> None:
    images = _images(source)
    if images is None:
        raise ValueError(f"{name} must be one for one image, got {have}; its shape is {tuple(source.array.shape)}")
    if have != images:
        raise ValueError(f"{name} must be one, or one for each of {images} images, got {have}")


def _seeds(seed: Any, source: Source) -> tuple[int, ...]:
    if isinstance(seed, (tuple, list)) or getattr(seed, "ndim", None) == 1:
        listed = _args.items(seed, "seed", "an int or one int per image")
        _one_per_image(len(listed), source, "seed")
        seeds = tuple([_args.integer(one, f"seed[{k}]") for k, one in enumerate(listed)])
    else:
        seeds = (_args.integer(seed, "seed"),)
    for one in seeds:
        if not 0 <= one < 2**64:
            raise ValueError(f"seed must be from 0 to 2**64 - 1, got {one}")
    return seeds


def _map(given: Any, source: Source, name: str) -> Any:
    array, kind = (given, _array.NUMPY) if type(given) is np.ndarray else _array.view(given, name)
    if type(kind) is not type(source.kind) or getattr(kind, "device", None) != getattr(source.kind, "device", None):
        raise TypeError(f"{name} must be a {source.kind.name} like the image, got a {kind.name}")
    if array.dtype.newbyteorder("=") not in _MAP_DTYPES:
        raise TypeError(f"{name} has dtype {array.dtype}, accepted are float32, float64 and int32 (in 2**-14 pixel)")
    array = _array.readable(array, _MAP_DTYPES, name)
    shape, images = tuple(array.shape), _images(source)
    if len(shape) != 2 and (len(shape) != 3 or shape[0] != images):
        accepted = "(height, width)" + (f" or ({images}, height, width)" if images is not None else "")
        raise ValueError(f"{name} must have shape {accepted}, got {shape}")
    if 0 in shape[-2:]:
        raise ValueError(f"{name} has no points: its shape is {shape}")
    return array


# ---- matrices


def _matrices(given: Any, source: Source, accepted: str) -> tuple[Matrix, ...]:
    """Return matrices as nine numbers each: one, or one for each image of a batch."""
    images = _images(source)
    if images is not None:
        accepted += f", or {images} of them"
    if type(given) is bytes:
        given = np.frombuffer(given).reshape(-1, 3)
    array = matrix.real_array(given, "matrix", accepted)
    shape = array.shape
    if array.ndim == 3:
        _one_per_image(shape[0], source, "matrix")
    if array.ndim not in (2, 3) or shape[-2:] not in (((2, 3), (3, 3)) if "(2, 3)" in accepted else ((3, 3),)):
        raise ValueError(f"matrix must have shape {accepted}, got {shape}")
    rows = array.reshape(-1, shape[-2] * 3).tolist()
    return tuple([(*row, 0.0, 0.0, 1.0) if len(row) == 6 else tuple(row) for row in rows])


_FLOAT64 = np.dtype(np.float64)


def _constant(given: Any) -> Any:
    """Return a matrix by which a call can be remembered: of an array of float64, what it holds now, as bytes."""
    if type(given) is np.ndarray:
        return given.tobytes() if given.dtype is _FLOAT64 and given.shape in ((2, 3), (3, 3)) else given
    return [given] if type(given) is bytes else given


def _by_matrix(
    source: Source,
    given: Any,
    is_affine: bool,
    size: Any,
    inverse: Any,
    interpolation: Any,
    border: Any,
    value: Any,
    premultiply: Any,
) -> tuple[tuple[Matrix, ...], int, int, _Options]:
    """Return the maps from result to image, the height and width of the result, and the options."""
    matrices = _matrices(given, source, "(2, 3) or (3, 3)" if is_affine else "(3, 3)")
    for one in matrices:
        if is_affine and one[6:] != _LAST_ROW:
            raise ValueError(
                f"matrix must have (0, 0, 1) as its last row to be affine, got {one[6:]}; px.perspective takes others"
            )
    height, width = (source.height, source.width) if size is None else _args.size(size, "size")
    back = tuple([matrix.inverted(one, "matrix") for one in matrices])  # refuses singular ones either way
    if _args.boolean(inverse, "inverse"):
        back = matrices
    return back, height, width, _options(source, interpolation, border, value, premultiply)


def _check_steps(matrices: tuple[Matrix, ...], name: str) -> None:
    for one in matrices:
        if one[6:] == _LAST_ROW and not max(map(abs, (one[0], one[1], one[3], one[4]))) <= LARGEST_STEP:
            raise ValueError(f"{name} shrinks the image to less than 2**-20 of its size, which cannot be sampled")


def _call(source: Source, matrices: tuple[Matrix, ...], name: str, height: int, width: int, options: _Options) -> Call:
    """Return what a backend is to do where the maps from result to image are one warp."""
    _check_steps(matrices, name)
    given, array, kind, layout, *_ = source
    return array, _shape(source, height, width), array.dtype, (layout, matrices, *options), kind, (given,), False


def _warped(
    source: Source,
    matrices: tuple[Matrix, ...],
    name: str,
    height: int,
    width: int,
    options: _Options,
    antialias: bool,
    out: Any,
) -> Array:
    """Check the maps from result to image, and run them, each on an image that it does not shrink."""
    _check_steps(matrices, name)
    shape = _shape(source, height, width)
    result = _result(source, shape, out)
    if 0 not in shape:
        backend = source.kind.backend()
        if not antialias or options[0] == "nearest":
            backend.warp(source.array, result, source.layout, matrices, *options)
        elif len(matrices) == 1:
            small, scaled = _shrunk(source, source.array, source.layout, matrices[0], options)
            backend.warp(small, result, source.layout, (scaled,), *options)
        else:
            for n, one in enumerate(matrices):
                small, scaled = _shrunk(source, source.array[n], source.layout[1:], one, options)
                backend.warp(small, result[n], source.layout[1:], (scaled,), *options)
    return out if out is not None else source.kind.wrap(result)


def _shrunk(source: Source, array: Any, layout: str, one: Matrix, options: _Options) -> tuple[Any, Matrix]:
    """Return an image small enough that the map does not shrink it, and the map to it."""
    width = _shrunk_side(source.width, math.sqrt(one[0] * one[0] + one[1] * one[1]))
    height = _shrunk_side(source.height, math.sqrt(one[3] * one[3] + one[4] * one[4]))
    if (height, width) == (source.height, source.width):
        return array, one
    axis = _array.AXES[layout][0]
    small = _array.allocate(source.kind, (*array.shape[:axis], height, width, *array.shape[axis + 2 :]), array.dtype)
    source.kind.backend().resize(array, small, layout, options[0], True, None, options[3])
    x, y = width / source.width, height / source.height
    # Areas scale, so the middle of the first pixel moves: s' = (s + 1/2) * x - 1/2.
    across = (one[0] * x, one[1] * x, (one[2] + 0.5) * x - 0.5)
    down = (one[3] * y, one[4] * y, (one[5] + 0.5) * y - 0.5)
    return small, (*across, *down, 0.0, 0.0, 1.0)


def _shrunk_side(side: int, step: float) -> int:
    """Return into how many pixels a side goes whose result steps over ``step`` of them at a time."""
    return side if step <= 1.0 else max(1, math.ceil(side / step - 1e-9))


def _rotation_back(
    turn: tuple[float, float], zoom: float, point: tuple[float, float], target: tuple[float, float]
) -> Matrix:
    """Return the map from the result, where ``target`` is, to the image, where ``point`` is."""
    sine, cosine = turn[0] / zoom, turn[1] / zoom
    x, y = target
    return (
        *(cosine, -sine, point[0] - (cosine * x - sine * y)),
        *(sine, cosine, point[1] - (sine * x + cosine * y)),
        *(0.0, 0.0, 1.0),
    )


def _expanded(height: int, width: int, sine: float, cosine: float, zoom: float) -> tuple[int, int]:
    """Return the size of the box around a rotated image; a millionth of a pixel more is rounding."""
    high = (width * abs(sine) + height * abs(cosine)) * zoom - 1e-6
    wide = (width * abs(cosine) + height * abs(sine)) * zoom - 1e-6
    if not (high < 2.0**62 and wide < 2.0**62):
        raise ValueError(f"zoom={zoom} makes a side beyond 2**62 of an image of {height} x {width}")
    return max(1, math.ceil(high)), max(1, math.ceil(wide))


def _quarter_turns(turn: tuple[float, float]) -> int | None:
    turns = {(0.0, 1.0): 0, (1.0, 0.0): 1, (0.0, -1.0): 2, (-1.0, 0.0): 3}
    return turns.get(turn)
