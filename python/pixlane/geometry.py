"""Ops that move pixels: the meaning of their arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from pixlane import _args, _array
from pixlane._array import Array
from pixlane._op import Call, op

__all__ = ["resize"]


def resize(
    image: Array,
    size: Sequence[int] | NDArray[Any] | None = None,
    *,
    scale: _args.Numbers | None = None,
    interpolation: str = "bilinear",
    antialias: bool = True,
    box: Sequence[float] | NDArray[Any] | None = None,
    premultiply: bool = False,
    layout: str | None = None,
    out: Array | None = None,
) -> Array:
    """Resize an image to ``size``, given as (height, width).

    Parameters
    ----------
    image : array, shape (H, W), (H, W, C) or (N, H, W, C)
        uint8, uint16, int16, float16, float32 or float64, and with ``interpolation="nearest"`` also bool and integers
        of 8 to 64 bits; any strides, any number of channels. NumPy, CuPy, PIL, torch (there (H, W), (C, H, W) or
        (N, C, H, W)), or anything with DLPack or an array interface.
    size : (int, int), optional
        Height and width of the result. Give this or ``scale``.
    scale : float or (float, float), optional
        Size of the result relative to the image, or to ``box`` where given, as one factor or (scale_y, scale_x): a
        side becomes floor(side * scale + 1/2), at least 1.
    interpolation : {"bilinear", "nearest", "bicubic", "lanczos", "area"}
        bicubic has a = -0.5, lanczos three lobes. "area" is the mean over the footprint of the output pixel,
        fractional coverage counted. "nearest" takes the pixel in which the centre of the output pixel falls.
    antialias : bool, default True
        Widen the filter when shrinking, so that every input pixel counts. "nearest" and "area" ignore it.
    box : (float, float, float, float), optional
        The part of the image to resize, (left, top, right, bottom) in pixels: (0, 0, 1, 1) is the first pixel. At its
        edges the filter reads pixels of the image beyond it, as Pillow's does; crop first where it must not.
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
        Unsupported kind of array or dtype (the message lists the accepted ones), ``size`` not of ints, ``out`` of
        another kind or dtype.
    ValueError
        ``size`` below 1, ``box`` outside the image, an unknown name, an image without pixels, ``premultiply`` without
        alpha, ``out`` of the wrong shape, read-only or overlapping ``image``.
    MemoryError
        The result cannot be allocated.

    Notes
    -----
    Exactness: integers are bit-identical on every backend and within 1 level of the real-valued result, flat images
    stay flat; float32 is within 2e-6 of the float64 formula. Pixels are areas: output x reads input
    (x + 0.5) * scale - 0.5. N = 0 or C = 0 gives an empty result.

    Source: separable convolution with the filter stretched by the scale when shrinking, as in Pillow; bicubic by
    Keys, "Cubic convolution interpolation for digital image processing", 1981.

    Examples
    --------
    >>> px.resize(np.zeros((4, 6, 3), np.uint8), (2, 3)).shape
    (2, 3, 3)
    """
    return _resize(image, out, size, scale, interpolation, antialias, box, premultiply, layout)


@op("resize")
def _resize(
    image: Any, size: Any, scale: Any, interpolation: Any, antialias: Any, box: Any, premultiply: Any, layout: Any
) -> Call:
    interpolation = _args.interpolation(interpolation)
    antialias = _args.boolean(antialias, "antialias")
    given, array, kind, layout, height, width, channels = _array.source(
        image, "image", layout, *_array.sampled(interpolation)
    )
    shape = array.shape
    if not (height and width):
        raise ValueError(f"image has no pixels to resize: its shape is {tuple(shape)} in layout {layout}")
    if box is not None:
        box = _args.box(box, height, width)
    new_size = _size(size, scale, box if box is not None else (0.0, 0.0, width, height))
    premultiply = _args.premultiply(premultiply, channels, layout, shape)
    axis = _array.AXES[layout][0]
    new_shape = shape[:axis] + new_size + shape[axis + 2 :]
    return array, new_shape, array.dtype, (layout, interpolation, antialias, box, premultiply), kind, (given,), False


def _size(size: Any, scale: Any, box: tuple[float, float, float, float]) -> tuple[int, int]:
    if scale is not None:
        if size is not None:
            raise ValueError("give size or scale, not both")
        return _args.scale(scale, box[3] - box[1], box[2] - box[0])
    if size is None:
        raise ValueError("give size=(height, width) or scale=")
    return _args.size(size, "size")
