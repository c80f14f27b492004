"""What lies outside of an image: the names of borders, and the pixel that a constant one is."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pixlane import _args

Borders: TypeAlias = str | Sequence[str]

BORDERS = ("constant", "edge", "reflect", "symmetric", "wrap")


def borders(value: Any) -> tuple[str, str]:
    """Return the borders (of columns, of rows): one name for both, or two."""
    if isinstance(value, (tuple, list)):
        if len(value) != 2:
            raise ValueError(f"border must be a name or (of columns, of rows), got {len(value)} values: {value!r}")
        return _args.choice(value[0], BORDERS, "border[0]"), _args.choice(value[1], BORDERS, "border[1]")
    name = _args.choice(value, BORDERS, "border")
    return name, name


def border_pixel(value: Any, channels: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return ``value``, one number or one per channel, as a pixel of the dtype; floats may be NaN or infinite."""
    if type(value) is int and value == 0:
        return _pixel((0,), channels, dtype)
    values = _args.numbers(value, "value", finite=dtype.kind != "f", exact=dtype.kind != "f")
    _args.per_channel(values, channels, "value")
    return _pixel(values, channels, dtype)


@functools.lru_cache(maxsize=64)
def _pixel(values: tuple[float, ...], channels: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    listed = list(values) if len(values) == channels else list(values) * channels
    if dtype.kind == "f":
        with np.errstate(over="ignore"):
            pixel = (np.asarray(listed, np.float64) + 0.0).astype(dtype)  # -0 is 0 here
        for one, kept in zip(listed, pixel.tolist(), strict=True):
            if math.isinf(kept) and math.isfinite(one):
                raise ValueError(f"value must be within the range of {dtype}, got {one}")
    else:
        low, high = (0, 1) if dtype.kind == "b" else (int(np.iinfo(dtype).min), int(np.iinfo(dtype).max))
        # Beyond 2**52 all floats are whole, and so are ints, which float64 need not hold.
        whole = [int(one) if abs(one) >= 2.0**52 else math.floor(one + 0.5) for one in listed]
        for one, rounded in zip(listed, whole, strict=True):
            if not low <= rounded <= high:
                raise ValueError(f"value must be from {low} to {high} for {dtype} images, got {one}")
        pixel = np.array(whole, dtype)
    pixel.flags.writeable = False
    return pixel
