"""Image pyramids: the meaning of their arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from pixlane import _args, _array
from pixlane._array import Array
from pixlane._border import BORDERS, border_pixel
from pixlane._op import Call, op

__all__ = ["pyramid_down", "pyramid_up"]


def pyramid_down(
    image: Array,
    *,
    border: str = "reflect",
    value: _args.Numbers = 0,
    premultiply: bool = False,
    layout: str | None = None,
    out: Array | None = None,
) -> Array:
    """Blur an image and keep every second pixel: one level of a gaussian pyramid.

    Parameters
    ----------
    image : array, shape (H, W), (H, W, C) or (N, H, W, C)
        uint8, uint16, int16, float16, float32 or float64; any strides, any number of channels. NumPy, CuPy, PIL, torch
        (there (H, W), (C, H, W) or (N, C, H, W)), or anything with DLPack or an array interface.
    border : {"reflect", "constant", "edge", "symmetric", "wrap"}
        What lies outside: ``value``, or the image continued as `numpy.pad` does.
    value : float or sequence of float
        What lies outside with "constant", one number, or one per channel; rounded to the dtype.
    premultiply : bool, default False
        Weigh colours by their alpha, the last of 4 channels (RGBA) or 2, so that transparent pixels do not bleed.
    layout : {"HW", "HWC", "CHW", "NHW", "NHWC", "NCHW"}, optional
        What the axes are, where it is not the default above.
    out : array, optional
        Where to write the result; of the kind of ``image``, of its dtype and of the right shape, not overlapping it.

    Returns
    -------
    array
        Same kind, dtype and device as ``image`` (NumPy for PIL), its sides (H + 1) // 2 and (W + 1) // 2; ``out`` when
        given.

    Raises
    ------
    TypeError
        Unsupported kind of array or dtype (the message lists the accepted ones), ``out`` of another kind or dtype.
    ValueError
        An unknown name, ``value`` outside of the dtype's range, an image without pixels, ``premultiply`` without alpha,
        ``out`` of the wrong shape, read-only or overlapping ``image``.
    MemoryError
        The result cannot be allocated.

    Notes
    -----
    Exactness: integers are floor(x + 1/2) of the exact weighted mean; float32 is within 1e-6 of the range;
    bit-identical on every backend. The first pixel stays the first: result x reads input 2 x. N = 0 or C = 0
    gives an empty result.

    Source: Burt and Adelson, "The Laplacian pyramid as a compact image code", 1983, with the weights 1 4 6 4 1, as
    OpenCV's pyrDown.

    Examples
    --------
    >>> px.pyramid_down(np.zeros((5, 6, 3), np.uint8)).shape
    (3, 3, 3)
    """
    return _down(image, out, border, value, premultiply, layout)


@op("pyramid_down")
def _down(image: Any, border: Any, value: Any, premultiply: Any, layout: Any) -> Call:
    given, array, kind, layout, height, width, channels = _pixels(image, layout)
    edges = _args.choice(border, BORDERS, "border")
    pixel = border_pixel(value, channels, array.dtype)
    weighted = _args.premultiply(premultiply, channels, layout, array.shape)
    new_shape = _sized(array.shape, layout, (height + 1) // 2, (width + 1) // 2)
    return array, new_shape, array.dtype, (layout, edges, pixel, weighted), kind, (given,), False


def pyramid_up(
    image: Array,
    size: Sequence[int] | NDArray[Any] | None = None,
    *,
    premultiply: bool = False,
    layout: str | None = None,
    out: Array | None = None,
) -> Array:
    """Double an image and blur it: the way back up a gaussian pyramid.

    Parameters
    ----------
    image : array, shape (H, W), (H, W, C) or (N, H, W, C)
        uint8, uint16, int16, float16, float32 or float64; any strides, any number of channels. NumPy, CuPy, PIL, torch
        (there (H, W), (C, H, W) or (N, C, H, W)), or anything with DLPack or an array interface.
    size : (int, int), optional
        Height and width of the result, each twice that of the image, or one less (the side that `pyramid_down` halved);
        twice by default.
    premultiply : bool, default False
        Weigh colours by their alpha, the last of 4 channels (RGBA) or 2, so that transparent pixels do not bleed.
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
        Unsupported kind of array or dtype (the message lists the accepted ones), ``size`` not of ints, ``out`` of
        another kind or dtype.
    ValueError
        ``size`` of other sides, an image without pixels, ``premultiply`` without alpha, ``out`` of the wrong shape,
        read-only or overlapping ``image``.
    MemoryError
        The result cannot be allocated.

    Notes
    -----
    Exactness: integers are floor(x + 1/2) of the exact weighted mean; float32 is within 1e-6 of the range;
    bit-identical on every backend. Zeros come between the pixels, the doubled grid is mirrored about its edges
    ("reflect"), and four times the weights of `pyramid_down` spread the pixels; a side that is one less leaves out the
    last. N = 0 or C = 0 gives an empty result.

    Source: Burt and Adelson, "The Laplacian pyramid as a compact image code", 1983, as OpenCV's pyrUp.

    Examples
    --------
    >>> px.pyramid_up(np.zeros((3, 3), np.uint8), (5, 6)).shape
    (5, 6)
    """
    return _up(image, out, size, premultiply, layout)


@op("pyramid_up")
def _up(image: Any, size: Any, premultiply: Any, layout: Any) -> Call:
    given, array, kind, layout, height, width, channels = _pixels(image, layout)
    new_height, new_width = (2 * height, 2 * width) if size is None else _args.size(size, "size")
    if new_height not in (2 * height - 1, 2 * height) or new_width not in (2 * width - 1, 2 * width):
        raise ValueError(
            f"size must be ({2 * height - 1} or {2 * height}, {2 * width - 1} or {2 * width}) for an image of "
            f"{height} x {width} (height x width), got ({new_height}, {new_width})"
        )
    weighted = _args.premultiply(premultiply, channels, layout, array.shape)
    new_shape = _sized(array.shape, layout, new_height, new_width)
    return array, new_shape, array.dtype, (layout, weighted), kind, (given,), False


def _pixels(image: Any, layout: str | None) -> _array.Source:
    source = _array.source(image, "image", layout)
    if not (source.height and source.width):
        raise ValueError(f"image has no pixels: its shape is {tuple(source.array.shape)} in layout {source.layout}")
    return source


def _sized(shape: tuple[int, ...], layout: str, height: int, width: int) -> tuple[int, ...]:
    axis = _array.AXES[layout][0]
    return (*shape[:axis], height, width, *shape[axis + 2 :])
