"""Weighted sums of neighbourhoods: the meaning of their arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pixlane import _args, _array, _taps
from pixlane._array import Array
from pixlane._border import Borders, border_pixel, borders
from pixlane._op import Call, op

__all__ = ["convolve", "convolve_separable", "correlate", "laplacian", "scharr", "sobel"]

Kernel: TypeAlias = Sequence[Sequence[float]] | NDArray[Any]

_FLOAT64 = np.dtype(np.float64)
_FLOAT32 = np.dtype(np.float32)
RESULTS = {name: np.dtype(name) for name in ("uint8", "uint16", "int16", "float16", "float32", "float64")}


def correlate(
    image: Array,
    kernel: Kernel,
    *,
    anchor: Sequence[int] | None = None,
    border: Borders = "reflect",
    value: _args.Numbers = 0,
    dtype: Any = None,
    layout: str | None = None,
    out: Array | None = None,
) -> Array:
    """Sum the pixels around each one, weighted by a kernel, which is not flipped.

    Parameters
    ----------
    image : array, shape (H, W), (H, W, C) or (N, H, W, C)
        uint8, uint16, int16, float16, float32 or float64; any strides, any number of channels. NumPy, CuPy, PIL, torch
        (there (H, W), (C, H, W) or (N, C, H, W)), or anything with DLPack or an array interface.
    kernel : array_like of float, shape (height, width)
        The weights, of any size; where they are the product of a column and a row, two passes do the work of one.
        Elements that are 0 are not read.
    anchor : (int, int), optional
        The element (x, y) of ``kernel`` that lies on the pixel itself; (width // 2, height // 2) by default.
    border : str or (str, str)
        What lies outside: "reflect", "constant" (``value``), "edge", "symmetric" or "wrap", as `numpy.pad` continues
        the image; a pair is for the columns (beyond top and bottom) and for the rows (beyond left and right).
    value : float or sequence of float
        What lies outside with "constant", one number, or one per channel; rounded to the dtype.
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
        Unsupported kind of array or dtype (the message lists the accepted ones), a kernel that is not of numbers.
    ValueError
        A kernel that is empty, not two-dimensional or not finite, an anchor outside of it, an unknown name, ``value``
        outside of the dtype's range, ``out`` of the wrong shape, read-only or overlapping ``image``.
    MemoryError
        The result cannot be allocated.

    Notes
    -----
    Exactness: bit-identical on every backend. Integers are within 1 level of the real-valued sum, and
    floor(x + 1/2) of it where the kernel is of whole numbers and its sums are below 2**53; float32 is within 3e-6 of
    the sum of absolute products, float64 within 1e-14. An empty image gives an empty result.

    Source: the definition; kernels of rank one are found by comparing every element with the product of its column
    and its row.

    See Also
    --------
    convolve, convolve_separable

    Examples
    --------
    >>> image = np.zeros((3, 5), np.uint8)
    >>> image[1, 2] = 100
    >>> px.correlate(image, [[1, 2, 3]])[1]
    array([  0, 255, 200, 100,   0], dtype=uint8)
    """
    return _correlate(image, out, *_reals(kernel, "kernel"), anchor, border, value, dtype, layout, False)


def convolve(
    image: Array,
    kernel: Kernel,
    *,
    anchor: Sequence[int] | None = None,
    border: Borders = "reflect",
    value: _args.Numbers = 0,
    dtype: Any = None,
    layout: str | None = None,
    out: Array | None = None,
) -> Array:
    """Convolve an image with a kernel: as `correlate`, but the kernel is flipped both ways.

    Parameters
    ----------
    image : array, shape (H, W), (H, W, C) or (N, H, W, C)
        uint8, uint16, int16, float16, float32 or float64; any strides, any number of channels. NumPy, CuPy, PIL, torch
        (there (H, W), (C, H, W) or (N, C, H, W)), or anything with DLPack or an array interface.
    kernel : array_like of float, shape (height, width)
        The weights, of any size, as in `correlate`.
    anchor : (int, int), optional
        The element (x, y) of ``kernel`` that lies on the pixel itself; (width // 2, height // 2) by default.
    border : str or (str, str)
        What lies outside: "reflect", "constant" (``value``), "edge", "symmetric" or "wrap", as `numpy.pad` continues
        the image; a pair is for the columns (beyond top and bottom) and for the rows (beyond left and right).
    value : float or sequence of float
        What lies outside with "constant", one number, or one per channel; rounded to the dtype.
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
        Unsupported kind of array or dtype (the message lists the accepted ones), a kernel that is not of numbers.
    ValueError
        A kernel that is empty, not two-dimensional or not finite, an anchor outside of it, an unknown name, ``value``
        outside of the dtype's range, ``out`` of the wrong shape, read-only or overlapping ``image``.
    MemoryError
        The result cannot be allocated.

    Notes
    -----
    Exactness: that of `correlate`.

    Source: the definition.

    Examples
    --------
    >>> image = np.zeros((3, 5), np.uint8)
    >>> image[1, 2] = 50
    >>> px.convolve(image, [[1, 2, 3]])[1]
    array([  0,  50, 100, 150,   0], dtype=uint8)
    """
    return _correlate(image, out, *_reals(kernel, "kernel"), anchor, border, value, dtype, layout, True)


@op("correlate")
def _correlate(
    image: Any,
    data: bytes,
    shape: tuple[int, ...],
    anchor: Any,
    border: Any,
    value: Any,
    dtype: Any,
    layout: Any,
    flipped: bool,
) -> Call:
    source = _array.source(image, "image", layout)
    if len(shape) != 2:
        hint = "; for a column and a row see convolve_separable" if len(shape) == 1 else ""
        raise ValueError(f"kernel must be two-dimensional, got shape {shape}{hint}")
    weights = _finite(data, shape, "kernel")
    height, width = shape
    y, x = _args.anchor(anchor, height, width, "kernel")
    if flipped:
        weights, y, x = weights[::-1, ::-1], height - 1 - y, width - 1 - x
    result = source.array.dtype if dtype is None else _args.dtype(dtype, RESULTS)
    plan = _taps.plan_kernel(weights.tobytes(), weights.shape, (y, x), source.array.dtype, result)
    return _call(source, plan, result, border, value)


def convolve_separable(
    image: Array,
    kernel_y: Sequence[float] | NDArray[Any],
    kernel_x: Sequence[float] | NDArray[Any],
    *,
    anchor: Sequence[int] | None = None,
    border: Borders = "reflect",
    value: _args.Numbers = 0,
    dtype: Any = None,
    layout: str | None = None,
    out: Array | None = None,
) -> Array:
    """Convolve the columns of an image with one kernel and its rows with another.

    Parameters
    ----------
    image : array, shape (H, W), (H, W, C) or (N, H, W, C)
        uint8, uint16, int16, float16, float32 or float64; any strides, any number of channels. NumPy, CuPy, PIL, torch
        (there (H, W), (C, H, W) or (N, C, H, W)), or anything with DLPack or an array interface.
    kernel_y, kernel_x : array_like of float, one-dimensional
        The weights down the columns and along the rows, of any length; both are flipped. (1,) leaves an axis alone.
    anchor : (int, int), optional
        The elements (of ``kernel_x``, of ``kernel_y``) that lie on the pixel itself; the middle ones, length // 2, by
        default.
    border : str or (str, str)
        What lies outside: "reflect", "constant" (``value``), "edge", "symmetric" or "wrap", as `numpy.pad` continues
        the image; a pair is for the columns (beyond top and bottom) and for the rows (beyond left and right).
    value : float or sequence of float
        What lies outside with "constant", one number, or one per channel; rounded to the dtype.
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
        Unsupported kind of array or dtype (the message lists the accepted ones), a kernel that is not of numbers.
    ValueError
        A kernel that is empty, not one-dimensional or not finite, an anchor outside of it, an unknown name, ``value``
        outside of the dtype's range, ``out`` of the wrong shape, read-only or overlapping ``image``.
    MemoryError
        The result cannot be allocated.

    Notes
    -----
    Exactness: that of `correlate`; between the passes uint8 keeps 7 fractional bits, all else its reals.

    Source: the definition.

    Examples
    --------
    >>> image = np.zeros((4, 5), np.uint8)
    >>> image[1, 2] = 100
    >>> px.convolve_separable(image, (0.5, 0.5), (0.25, 0.5, 0.25))
    array([[ 0, 13, 25, 13,  0],
           [ 0, 13, 25, 13,  0],
           [ 0,  0,  0,  0,  0],
           [ 0,  0,  0,  0,  0]], dtype=uint8)
    """
    column, row = _reals(kernel_y, "kernel_y"), _reals(kernel_x, "kernel_x")
    return _separable(image, out, *column, *row, anchor, border, value, dtype, layout)


@op("correlate")
def _separable(
    image: Any,
    data_y: bytes,
    shape_y: tuple[int, ...],
    data_x: bytes,
    shape_x: tuple[int, ...],
    anchor: Any,
    border: Any,
    value: Any,
    dtype: Any,
    layout: Any,
) -> Call:
    source = _array.source(image, "image", layout)
    for shape, name in ((shape_y, "kernel_y"), (shape_x, "kernel_x")):
        if len(shape) != 1:
            raise ValueError(f"{name} must be one-dimensional, got shape {shape}")
    column = tuple(_finite(data_y, shape_y, "kernel_y").tolist())
    row = tuple(_finite(data_x, shape_x, "kernel_x").tolist())
    y, x = _args.anchor(anchor, len(column), len(row), "kernel")
    result = source.array.dtype if dtype is None else _args.dtype(dtype, RESULTS)
    flipped = (len(column) - 1 - y, len(row) - 1 - x)
    plan = _taps.plan_separable(column[::-1], row[::-1], flipped, source.array.dtype, result)
    return _call(source, plan, result, border, value)


def _call(source: _array.Source, plan: _taps.Plan, result: np.dtype[Any], border: Any, value: Any) -> Call:
    arithmetic, passes = plan
    pixel = border_pixel(value, source.channels, source.array.dtype)
    arguments = (source.layout, arithmetic, passes, borders(border), pixel, False)
    return source.array, source.array.shape, result, arguments, source.kind, (source.given,), False


def _reals(value: Any, name: str) -> tuple[bytes, tuple[int, ...]]:
    """Return an array of numbers as what a call is known by: its bytes as float64, and its shape."""
    if type(value) is np.ndarray:
        if value.dtype is _FLOAT64:
            return value.tobytes(), value.shape
        if value.dtype is _FLOAT32:
            return value.astype(_FLOAT64).tobytes(), value.shape
    array = _args.real_array(value, name)
    return array.astype(np.float64).tobytes(), array.shape


def _finite(data: bytes, shape: tuple[int, ...], name: str) -> NDArray[np.float64]:
    """Return a kernel, which is neither empty nor infinite."""
    if 0 in shape:
        raise ValueError(f"{name} is empty: its shape is {shape}")
    kernel = np.frombuffer(data).reshape(shape)
    if not np.isfinite(kernel).all():
        raise ValueError(f"{name} must be finite")
    return kernel


# ---- derivatives

_SMOOTH = {"sobel": (1.0, 2.0, 1.0), "scharr": (3.0, 10.0, 3.0)}
_DERIVATIVE = (-1.0, 0.0, 1.0)
_LAPLACIAN = np.array([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]])
_AXES = ("x", "y", "magnitude")


def sobel(
    image: Array,
    axis: str = "magnitude",
    *,
    border: Borders = "reflect",
    value: _args.Numbers = 0,
    dtype: Any = None,
    layout: str | None = None,
    out: Array | None = None,
) -> Array:
    """Derive an image along an axis, smoothed across it by 1 2 1; or return the length of the gradient.

    Parameters
    ----------
    image : array, shape (H, W), (H, W, C) or (N, H, W, C)
        uint8, uint16, int16, float16, float32 or float64; any strides, any number of channels. NumPy, CuPy, PIL, torch
        (there (H, W), (C, H, W) or (N, C, H, W)), or anything with DLPack or an array interface.
    axis : {"x", "y", "magnitude"}
        "x" grows where pixels do from left to right, "y" from top to bottom; "magnitude" is sqrt(x**2 + y**2). Not
        divided by the 8 that the weights sum to.
    border : str or (str, str)
        What lies outside: "reflect", "constant" (``value``), "edge", "symmetric" or "wrap", as `numpy.pad` continues
        the image; a pair is for the columns (beyond top and bottom) and for the rows (beyond left and right).
    value : float or sequence of float
        What lies outside with "constant", one number, or one per channel; rounded to the dtype.
    dtype : dtype, optional
        Of the result: any of those of ``image``; by default float64 for float64 and float32 for all else. Integers
        saturate.
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
        Unsupported kind of array or dtype (the message lists the accepted ones).
    ValueError
        An unknown name, ``value`` outside of the dtype's range, ``out`` of the wrong shape, read-only or overlapping
        ``image``.
    MemoryError
        The result cannot be allocated.

    Notes
    -----
    Exactness: bit-identical on every backend. Derivatives of integers are exact; float32 is within 3e-6 of the sum of
    absolute products. The magnitude is a float32 (float64) square root, within 2**-22 of itself, rounded once more
    to integers. An empty image gives an empty result.

    Source: Sobel and Feldman, "A 3x3 isotropic gradient operator for image processing", 1968, as OpenCV and SciPy
    scale it.

    Examples
    --------
    >>> px.sobel(np.array([[0, 0, 10, 10]] * 3, np.uint8), "x")[1]
    array([ 0., 40., 40.,  0.], dtype=float32)
    """
    return _gradient("sobel", image, axis, border, value, dtype, layout, out)


def scharr(
    image: Array,
    axis: str = "magnitude",
    *,
    border: Borders = "reflect",
    value: _args.Numbers = 0,
    dtype: Any = None,
    layout: str | None = None,
    out: Array | None = None,
) -> Array:
    """Derive an image along an axis, smoothed across it by 3 10 3; or return the length of the gradient.

    Parameters
    ----------
    image : array, shape (H, W), (H, W, C) or (N, H, W, C)
        uint8, uint16, int16, float16, float32 or float64; any strides, any number of channels. NumPy, CuPy, PIL, torch
        (there (H, W), (C, H, W) or (N, C, H, W)), or anything with DLPack or an array interface.
    axis : {"x", "y", "magnitude"}
        "x" grows where pixels do from left to right, "y" from top to bottom; "magnitude" is sqrt(x**2 + y**2). Not
        divided by the 32 that the weights sum to.
    border : str or (str, str)
        What lies outside: "reflect", "constant" (``value``), "edge", "symmetric" or "wrap", as `numpy.pad` continues
        the image; a pair is for the columns (beyond top and bottom) and for the rows (beyond left and right).
    value : float or sequence of float
        What lies outside with "constant", one number, or one per channel; rounded to the dtype.
    dtype : dtype, optional
        Of the result: any of those of ``image``; by default float64 for float64 and float32 for all else. Integers
        saturate.
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
        Unsupported kind of array or dtype (the message lists the accepted ones).
    ValueError
        An unknown name, ``value`` outside of the dtype's range, ``out`` of the wrong shape, read-only or overlapping
        ``image``.
    MemoryError
        The result cannot be allocated.

    Notes
    -----
    Exactness: that of `sobel`.

    Source: Scharr, "Optimale Operatoren in der Digitalen Bildverarbeitung", 2000: the 3 x 3 derivative whose direction
    is least wrong.

    Examples
    --------
    >>> px.scharr(np.array([[0, 0, 10, 10]] * 3, np.uint8), "x")[1]
    array([  0., 160., 160.,   0.], dtype=float32)
    """
    return _gradient("scharr", image, axis, border, value, dtype, layout, out)


def laplacian(
    image: Array,
    *,
    border: Borders = "reflect",
    value: _args.Numbers = 0,
    dtype: Any = None,
    layout: str | None = None,
    out: Array | None = None,
) -> Array:
    """Return the sum of the second derivatives: the four neighbours less four times the pixel.

    Parameters
    ----------
    image : array, shape (H, W), (H, W, C) or (N, H, W, C)
        uint8, uint16, int16, float16, float32 or float64; any strides, any number of channels. NumPy, CuPy, PIL, torch
        (there (H, W), (C, H, W) or (N, C, H, W)), or anything with DLPack or an array interface.
    border : str or (str, str)
        What lies outside: "reflect", "constant" (``value``), "edge", "symmetric" or "wrap", as `numpy.pad` continues
        the image; a pair is for the columns (beyond top and bottom) and for the rows (beyond left and right).
    value : float or sequence of float
        What lies outside with "constant", one number, or one per channel; rounded to the dtype.
    dtype : dtype, optional
        Of the result: any of those of ``image``; by default float64 for float64 and float32 for all else. Integers
        saturate.
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
        Unsupported kind of array or dtype (the message lists the accepted ones).
    ValueError
        An unknown name, ``value`` outside of the dtype's range, ``out`` of the wrong shape, read-only or overlapping
        ``image``.
    MemoryError
        The result cannot be allocated.

    Notes
    -----
    Exactness: bit-identical on every backend; exact for integers, float32 within 3e-6 of the sum of absolute products.
    An empty image gives an empty result.

    Source: the five-point stencil, as OpenCV's Laplacian of size 1 and SciPy's laplace.

    Examples
    --------
    >>> px.laplacian(np.array([[0, 0, 0], [0, 9, 0], [0, 0, 0]], np.uint8))
    array([[  0.,  18.,   0.],
           [ 18., -36.,  18.],
           [  0.,  18.,   0.]], dtype=float32)
    """
    return _laplacian(image, out, border, value, dtype, layout)


@op("correlate")
def _laplacian(image: Any, border: Any, value: Any, dtype: Any, layout: Any) -> Call:
    source = _array.source(image, "image", layout)
    result = _derivative_dtype(dtype, source.array.dtype)
    plan = _taps.plan_kernel(_LAPLACIAN.tobytes(), _LAPLACIAN.shape, (1, 1), source.array.dtype, result)
    return _call(source, plan, result, border, value)


@op("correlate")
def _derivative(image: Any, name: str, axis: str, border: Any, value: Any, dtype: Any, layout: Any) -> Call:
    source = _array.source(image, "image", layout)
    result = _derivative_dtype(dtype, source.array.dtype)
    column, row = (_SMOOTH[name], _DERIVATIVE) if axis == "x" else (_DERIVATIVE, _SMOOTH[name])
    plan = _taps.plan_separable(column, row, (1, 1), source.array.dtype, result)
    return _call(source, plan, result, border, value)


def _derivative_dtype(dtype: Any, source: np.dtype[Any]) -> np.dtype[Any]:
    if dtype is not None:
        return _args.dtype(dtype, RESULTS)
    return RESULTS["float64" if source == np.float64 else "float32"]


def _gradient(name: str, image: Any, axis: Any, border: Any, value: Any, dtype: Any, layout: Any, out: Any) -> Array:
    axis = _args.choice(axis, _AXES, "axis")
    if axis == "magnitude":
        return _magnitude(image, out, name, border, value, dtype, layout)
    return _derivative(image, out, name, axis, border, value, dtype, layout)


@op("magnitude")
def _magnitude(image: Any, name: str, border: Any, value: Any, dtype: Any, layout: Any) -> Call:
    source = _array.source(image, "image", layout)
    result = _derivative_dtype(dtype, source.array.dtype)
    real = "float64" if "float64" in (source.array.dtype.name, result.name) else "float32"
    x, y = (
        _taps.plan_separable(column, row, (1, 1), source.array.dtype, RESULTS[real])
        for column, row in ((_SMOOTH[name], _DERIVATIVE), (_DERIVATIVE, _SMOOTH[name]))
    )
    pixel = border_pixel(value, source.channels, source.array.dtype)
    arguments = (source.layout, real, x, y, borders(border), pixel)
    return source.array, source.array.shape, result, arguments, source.kind, (source.given,), False
