"""The formula behind each case, in plain float32 NumPy: shows that a library did the job that its row names.

This is not the test suite's oracle; it only has to tell an antialiased bicubic from a plain one, or a wrong crop.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import filters, geometry, orders
from .cases import Case

Array = NDArray[Any]
_SUPPORT = {"area": 0.5, "bilinear": 1.0, "bicubic": 2.0, "lanczos": 3.0}


def expected(case: Case, images: list[Array]) -> Array:
    """What ``case`` should give for ``images``: a float array, rounded where the case's output is rounded."""
    outputs = [_one(case, image) for image in images]
    return outputs[0] if case.image.count == 1 else np.stack(outputs)


def _one(case: Case, image: Array) -> Array:
    p = case.params
    if case.op == "resize":
        planes = np.moveaxis(image, 0, -1) if case.image.layout == "CHW" else image
        resized = resize(planes, p["size"], p["interpolation"], p.get("antialias", True))
        return np.moveaxis(resized, -1, 0) if case.image.layout == "CHW" else resized
    if case.op == "normalize":
        return _normalize(case, image, p.get("layout_out") or case.image.layout)
    if case.op == "preprocess":
        height, width = shorter_side(image.shape[:2], p["resize"])
        image = resize(image, (height, width), p.get("interpolation", "bilinear"), p.get("antialias", True))
        top, left = crop_origin((height, width), p["crop"])
        image = image[top : top + p["crop"], left : left + p["crop"]]
        return _normalize(case, image[:, ::-1] if p.get("flip") else image, "CHW")
    if case.op in filters.OPS:
        return filters.expected(case, image)
    if case.op in orders.OPS:
        return orders.expected(case, image)
    if case.op in geometry.OPS:
        return geometry.expected(case, image)
    raise NotImplementedError(f"bench/oracle.py has no formula for {case.op!r}")


def shorter_side(size: tuple[int, ...], side: int) -> tuple[int, int]:
    """(height, width) with the shorter one made ``side``, the longer one cut to whole pixels as torchvision does."""
    height, width = size[:2]
    return (side, int(side * width / height)) if height <= width else (int(side * height / width), side)


def crop_origin(size: tuple[int, int], crop: int) -> tuple[int, int]:
    """Top and left of the centre crop; half a pixel rounds to even, as in torchvision."""
    return round((size[0] - crop) / 2), round((size[1] - crop) / 2)


def _normalize(case: Case, image: Array, layout: str) -> Array:
    scale = {"u8": 1 / 255, "u16": 1 / 65535}.get(case.image.dtype, 1.0)
    mean, std = (np.asarray(case.params[name], np.float32) for name in ("mean", "std"))
    result = (image.astype(np.float32) * np.float32(scale) - mean) / std
    result = np.asarray(result)
    return np.moveaxis(result, -1, 0) if layout == "CHW" else result


def resize(image: Array, size: tuple[int, int], interpolation: str, antialias: bool) -> Array:
    rounded = image.dtype.kind in "iu"
    result = image
    for axis, side in enumerate(size):
        result = _axis(result, axis, side, interpolation, antialias)
    if interpolation != "nearest" and rounded:
        limits = np.iinfo(image.dtype)
        result = np.clip(np.floor(result + np.float32(0.5)), limits.min, limits.max)
    return result


def _axis(image: Array, axis: int, side: int, interpolation: str, antialias: bool) -> Array:
    length = image.shape[axis]
    scale = length / side
    centre = (np.arange(side) + 0.5) * scale
    if interpolation == "nearest":
        taken: Array = np.take(image, np.clip(np.floor(centre).astype(np.intp), 0, length - 1), axis=axis)
        return taken
    if interpolation == "area":
        low, high = centre - scale / 2, centre + scale / 2
        taps = int(np.ceil(scale)) + 1
        first = np.floor(low + 1e-9).astype(np.intp)
        index = first[:, None] + np.arange(taps)
        weight = np.clip(np.minimum(high[:, None], index + 1) - np.maximum(low[:, None], index), 0, None)
    else:
        stretch = max(scale, 1.0) if antialias else 1.0
        support = _SUPPORT[interpolation] * stretch
        taps = int(np.ceil(2 * support)) + 1
        index = np.floor(centre - support).astype(np.intp)[:, None] + np.arange(taps)
        weight = _filter(interpolation, (index + 0.5 - centre[:, None]) / stretch)
        if antialias:
            weight = weight * ((index >= 0) & (index < length))  # cut off and renormalised, as Pillow does
    weight = (weight / weight.sum(axis=1, keepdims=True)).astype(np.float32)
    index = np.clip(index, 0, length - 1)
    rows = np.moveaxis(image, axis, 0)
    result = np.zeros((side, *rows.shape[1:]), np.float32)
    shape = (side,) + (1,) * (rows.ndim - 1)
    for tap in range(taps):
        if weight[:, tap].any():
            result += weight[:, tap].reshape(shape) * rows[index[:, tap]]
    moved: Array = np.moveaxis(result, 0, axis)
    return moved


def _filter(name: str, x: Array) -> Array:
    x = np.abs(x)
    weight: Array
    if name == "bilinear":
        weight = np.maximum(1 - x, 0)
    elif name == "bicubic":  # a = -0.5
        near, far = (1.5 * x - 2.5) * x * x + 1, ((-0.5 * x + 2.5) * x - 4) * x + 2
        weight = np.where(x < 1, near, np.where(x < 2, far, 0.0))
    else:
        weight = np.where(x < 3, np.sinc(x) * np.sinc(x / 3), 0.0)
    return weight
