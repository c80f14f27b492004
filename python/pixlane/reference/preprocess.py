"""preprocess: resize, window, flip and normalize, one after the other."""

from __future__ import annotations

from typing import Any

import numpy as np

from pixlane.reference._arrays import array_module, as_nhwc, round_to
from pixlane.reference.color import normalized
from pixlane.reference.geometry import resized

Window = tuple[int, int, int, int, bool]


def preprocess(
    srcs: Any,
    dst: Any,
    layouts: tuple[str, ...],
    layout_out: str,
    windows: tuple[Window, ...],
    interpolation: str,
    antialias: bool,
    pad_value: tuple[float, ...],
    scale: float,
    mean: tuple[float, ...],
    std: tuple[float, ...],
) -> None:
    """Fill ``dst`` with one window of each resized image, of one array or a tuple of them; see ``windowed``."""
    arrays = srcs if isinstance(srcs, tuple) else (srcs,)
    result = as_nhwc(dst, layout_out)
    slot = 0
    for src, layout, window in zip(arrays, layouts, windows, strict=True):
        images = as_nhwc(src, layout)
        into = result[slot : slot + images.shape[0]]
        slot += images.shape[0]
        if into.size:
            pixels = windowed(images, into.shape[1:3], window, interpolation, antialias, pad_value)
            into[...] = normalized(pixels, result.dtype, scale, mean, std)


def windowed(
    images: Any,
    size: tuple[int, int],
    window: Window,
    interpolation: str,
    antialias: bool,
    pad_value: tuple[float, ...],
) -> Any:
    """Resize to (height, width), cut ``size`` at (top, left), fill what lies outside with ``pad_value``, flip."""
    height, width, top, left, flip = window
    xp = array_module(images)
    whole = resized(images, (height, width), interpolation, antialias, None, False)
    fill = round_to(xp, xp.asarray(np.asarray(pad_value, np.float64)), images.dtype)
    cut = xp.empty((images.shape[0], *size, images.shape[3]), images.dtype)
    cut[...] = fill
    y0, y1 = max(0, -top), min(size[0], height - top)
    x0, x1 = max(0, -left), min(size[1], width - left)
    if y0 < y1 and x0 < x1:
        cut[:, y0:y1, x0:x1] = whole[:, y0 + top : y1 + top, x0 + left : x1 + left]
    return cut[:, :, ::-1] if flip else cut
