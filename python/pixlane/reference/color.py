"""normalize: one multiplication and one addition per pixel, with the constants made in float64."""

from __future__ import annotations

from typing import Any

import numpy as np

from pixlane.reference._arrays import array_module, as_nhwc, round_to


def normalize(
    src: Any,
    dst: Any,
    layout: str,
    layout_out: str,
    scale: float,
    mean: tuple[float, ...],
    std: tuple[float, ...],
) -> None:
    """Write (src * scale - mean) / std into ``dst``."""
    image, result = as_nhwc(src, layout), as_nhwc(dst, layout_out)
    if result.size:
        result[...] = normalized(image, result.dtype, scale, mean, std)


def normalized(image: Any, dtype: Any, scale: float, mean: tuple[float, ...], std: tuple[float, ...]) -> Any:
    """Return x * a[c] + b[c], a = scale / std and b = -mean / std, in float32 unless float64 comes in or goes out."""
    xp = array_module(image)
    work = np.float64 if np.float64 in (image.dtype, dtype) else np.float32
    with np.errstate(invalid="ignore", over="ignore"):
        factor = np.asarray([scale / s for s in std], np.float64).astype(work)
        offset = np.asarray([-m / s for m, s in zip(mean, std, strict=True)], np.float64).astype(work)
        values = image.astype(work) * xp.asarray(factor) + xp.asarray(offset)
        return round_to(xp, values, dtype)
