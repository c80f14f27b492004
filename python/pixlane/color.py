"""Ops on the values of pixels: the meaning of their arguments."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from pixlane import _args, _array
from pixlane._array import Array
from pixlane._op import Call, op

__all__ = ["normalize"]

OUTPUTS = {name: np.dtype(name) for name in ("float32", "float16", "float64", "uint8")}
_DEFAULT_SCALE = {np.dtype(np.uint8): 1.0 / 255.0, np.dtype(np.uint16): 1.0 / 65535.0}


def normalize(
    image: Array,
    mean: _args.Numbers,
    std: _args.Numbers,
    *,
    scale: float | None = None,
    dtype: Any = "float32",
    layout: str | None = None,
    layout_out: str | None = None,
    out: Array | None = None,
) -> Array:
    """Return (image * scale - mean) / std, per channel.

    Parameters
    ----------
    image : array, shape (H, W), (H, W, C) or (N, H, W, C)
        uint8, uint16, int16, float16, float32 or float64; any strides. NumPy, CuPy, torch (there (H, W), (C, H, W) or
        (N, C, H, W)), PIL, or anything with DLPack or an array interface.
    mean, std : float or sequence of float
        One value, or one per channel, in the units of ``image * scale``. ``std`` is above 0.
    scale : float, optional
        Factor applied first. The default brings integers to 0..1: 1/255 for uint8, 1/65535 for uint16, 1 for the
        other dtypes; it is 1 when ``dtype`` is "uint8".
    dtype : {"float32", "float16", "float64", "uint8"}
        Dtype of the result.
    layout : {"HW", "HWC", "CHW", "NHW", "NHWC", "NCHW"}, optional
        What the axes of ``image`` are, where it is not the default above.
    layout_out : {"HW", "HWC", "CHW", "NHW", "NHWC", "NCHW"}, optional
        What the axes of the result shall be; the layout of ``image`` by default. "CHW" suits most models.
    out : array, optional
        Where to write the result; of the kind of ``image``, of the right dtype and shape. It may be exactly ``image``
        and must not overlap it otherwise.

    Returns
    -------
    array
        Same kind and device as ``image`` (NumPy for PIL); ``out`` when given.

    Raises
    ------
    TypeError
        Unsupported kind of array or dtype (the message lists the accepted ones), ``out`` of another kind or dtype.
    ValueError
        ``mean`` or ``std`` not finite or not one per channel, ``std`` not above 0, an unknown name, ``out`` of the
        wrong shape, read-only or overlapping ``image``.
    MemoryError
        The result cannot be allocated.

    Notes
    -----
    Exactness: computed as image * a + b with a = scale / std and b = -mean / std made in float64 and rounded once to
    float32 (float64 where it comes in or goes out); bit-identical on every backend. uint8 results are floor(x + 1/2),
    clamped, and 0 for NaN. An empty image gives an empty result.

    Source: torchvision's ToTensor followed by Normalize, in one pass.

    Examples
    --------
    >>> px.normalize(np.full((4, 6, 3), 255, np.uint8), (0.5, 0.5, 0.5), (0.5, 0.5, 0.5), layout_out="CHW")[:, 0, 0]
    array([1., 1., 1.], dtype=float32)
    """
    return _normalize(image, out, mean, std, scale, dtype, layout, layout_out)


@op("normalize")
def _normalize(image: Any, mean: Any, std: Any, scale: Any, dtype: Any, layout: Any, layout_out: Any) -> Call:
    given, array, kind, layout, _, _, channels = _array.source(image, "image", layout)
    means, stds = mean_and_std(mean, std, channels)
    result_dtype = _args.dtype(dtype, OUTPUTS)
    factor = default_scale(scale, array.dtype, result_dtype)
    if layout_out is None or layout_out == layout:
        layout_out, new_shape = layout, array.shape
    else:
        _array.check_layout_name(layout_out, "layout_out")
        new_shape = shape_in(layout_out, array.shape, layout)
    arguments = (layout, layout_out, factor, means, stds)
    return array, new_shape, result_dtype, arguments, kind, (given,), layout_out == layout


def mean_and_std(mean: Any, std: Any, channels: int | None) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return mean and std, both of one length: 1 or one per channel; ``channels`` is None where it is not known."""
    means, stds = _args.numbers(mean, "mean"), _args.positive(_args.numbers(std, "std"), "std")
    if channels is not None:
        _args.per_channel(means, channels, "mean")
        _args.per_channel(stds, channels, "std")
    if len(means) != len(stds):
        if len(means) == 1:
            means *= len(stds)
        elif len(stds) == 1:
            stds *= len(means)
        else:
            raise ValueError(f"mean and std must have as many values, or one, got {len(means)} and {len(stds)}")
    return means, stds


def default_scale(scale: Any, source: np.dtype[Any], result: np.dtype[Any]) -> float:
    """Return the factor that brings integers to 0..1, unless one is given or the result is of integers."""
    if scale is not None:
        return _args.number(scale, "scale")
    return _DEFAULT_SCALE.get(source, 1.0) if result.kind == "f" else 1.0


@functools.lru_cache(maxsize=256)
def shape_in(layout_out: str, shape: tuple[int, ...], layout: str) -> tuple[int, ...]:
    """Return the shape that an image of ``shape`` in ``layout`` has in ``layout_out``."""
    sides = dict(zip(layout, shape, strict=True))
    dropped = [letter for letter in layout if letter not in layout_out and sides[letter] != 1]
    if dropped:
        raise ValueError(
            f"layout_out={layout_out!r} has no place for axis {dropped[0]} of image, which is {sides[dropped[0]]} long "
            f"(shape {tuple(shape)}, layout {layout})"
        )
    return tuple(sides.get(letter, 1) for letter in layout_out)
