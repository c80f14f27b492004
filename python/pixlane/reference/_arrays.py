"""What every reference function does with arrays: find the module, view as N,H,W,C, round to the result's dtype."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

AXES = {
    "HW": (None, 0, 1, None),
    "HWC": (None, 0, 1, 2),
    "CHW": (None, 1, 2, 0),
    "NHW": (0, 1, 2, None),
    "NHWC": (0, 1, 2, 3),
    "NCHW": (0, 2, 3, 1),
}


def array_module(array: Any) -> Any:
    """Return the module (numpy or cupy) whose functions work on ``array``."""
    return np if isinstance(array, np.ndarray) else sys.modules[type(array).__module__.partition(".")[0]]


def as_nhwc(array: Any, layout: str) -> Any:
    """View ``array`` as (N, H, W, C) without copying."""
    n, h, w, c = AXES[layout]
    order = tuple(axis for axis in (n, h, w, c) if axis is not None)
    view = array.transpose(order)
    if n is None:
        view = view[None]
    if c is None:
        view = view[..., None]
    return view


def round_to(xp: Any, values: Any, dtype: Any) -> Any:
    """Round reals to ``dtype``: floor(x + 1/2), clamped, NaN to 0 for integers; to nearest even for floats."""
    dtype = np.dtype(dtype)
    if dtype.kind == "f":
        with np.errstate(over="ignore", invalid="ignore"):
            return values.astype(dtype)
    limits = np.iinfo(dtype)
    half = values.dtype.type(0.5)
    with np.errstate(invalid="ignore"):
        rounded = xp.floor(values + half)
        rounded = xp.where(rounded > limits.min, rounded, values.dtype.type(limits.min))
        rounded = xp.where(rounded < limits.max, rounded, values.dtype.type(limits.max))
        rounded = xp.where(values == values, rounded, values.dtype.type(0))
        return rounded.astype(dtype)


def multiplied_by_alpha(values: Any) -> Any:
    """Return float64 in which colours are multiplied by their alpha, the last channel."""
    values = values.astype("float64")
    with np.errstate(invalid="ignore", over="ignore"):
        values[..., :-1] *= values[..., -1:]
    return values


def round_colours(xp: Any, values: Any, dtype: Any, premultiply: bool) -> Any:
    """Round to ``dtype``; colours that were multiplied by alpha are divided by it, or 0 where it comes out as zero."""
    if not premultiply:
        return round_to(xp, values, dtype)
    alpha = values[..., -1:]
    seen = round_to(xp, alpha, dtype) != 0
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        colour = values[..., :-1] / xp.where(seen, alpha, 1.0)
        return round_to(xp, xp.concatenate([xp.where(seen, colour, 0.0), alpha], axis=-1), dtype)
