"""What morphology is to compute, element by element: written for the purpose."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
from filter_oracles import padded
from numpy.typing import NDArray


def before(a: Any, b: Any) -> bool:
    """Whether ``a`` comes before ``b``: by value, -0 before +0, NaN last."""
    if a != a or b != b:
        return bool(a == a and b != b)
    if a == 0 == b:
        return math.copysign(1, a) < math.copysign(1, b)
    return bool(a < b)


def ranks(values: NDArray[Any]) -> NDArray[np.int64]:
    """The places of all values in their order; those that nothing tells apart share one."""
    flat = values.ravel()
    if values.dtype.kind != "f":
        return values.astype(np.int64)
    nan = np.isnan(flat)
    keys = np.lexsort((~np.signbit(flat), np.where(nan, 0, flat), nan))
    steps = [before(flat[i], flat[j]) for i, j in itertools.pairwise(keys)]
    places = np.empty(flat.size, np.int64)
    places[keys] = np.concatenate([[0], np.cumsum(steps)]) if flat.size else []
    return places.reshape(values.shape)


def extreme(
    image: NDArray[Any],
    mask: NDArray[Any],
    largest: bool,
    anchor: tuple[int, int] | None = None,
    border: tuple[str, str] = ("reflect", "reflect"),
    value: float = 0,
    heights: NDArray[Any] | None = None,
) -> NDArray[Any]:
    """Erosion or dilation of an image (H, W, C): of all samples that the element reaches, the first or the last."""
    height, width = mask.shape
    x, y = anchor or (width // 2, height // 2)
    if largest:  # p - s: the mirrored element
        mask, x, y = mask[::-1, ::-1], width - 1 - x, height - 1 - y
        heights = None if heights is None else heights[::-1, ::-1]
    dtype = image.dtype
    wide = padded(image, ((y, height - 1 - y), (x, width - 1 - x)), border, value)
    if heights is not None:
        wide = wide.astype(np.float64 if dtype == np.float64 else np.float32 if dtype.kind == "f" else np.int64)
    layers = []
    for j, i in np.argwhere(mask):
        layer = wide[j : j + image.shape[0], i : i + image.shape[1]]
        if heights is not None:
            height_here = wide.dtype.type(heights[j, i])
            layer = layer + height_here if largest else layer - height_here
        layers.append(layer)
    stack = np.stack(layers)
    order = ranks(stack)
    chosen = np.take_along_axis(stack, (order.argmax(0) if largest else order.argmin(0))[None], 0)[0]
    if heights is not None and dtype.kind != "f":
        chosen = np.clip(chosen, np.iinfo(dtype).min, np.iinfo(dtype).max)
    return np.asarray(chosen.astype(dtype))


def difference(left: NDArray[Any], right: NDArray[Any]) -> NDArray[Any]:
    """``left - right``, clamped to the dtype."""
    if left.dtype.kind == "b":
        return left & ~right
    if left.dtype.kind == "f":
        wide = np.float32 if left.dtype == np.float16 else left.dtype
        with np.errstate(invalid="ignore", over="ignore"):
            return np.asarray((left.astype(wide) - right.astype(wide)).astype(left.dtype))
    limits = np.iinfo(left.dtype)
    return np.asarray(np.clip(left.astype(np.int64) - right, limits.min, limits.max).astype(left.dtype))
