"""The least and the largest of neighbours; floats are put in order as integers: NaN and -0 are nothing special then."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from pixlane.reference._arrays import array_module, as_nhwc, round_to
from pixlane.reference.filters import padded

#: Integers as wide as a float, the bits of infinity, the one NaN.
_KEYS = {
    "float16": ("int16", 0x7C00, 0x7E00),
    "float32": ("int32", 0x7F800000, 0x7FC00000),
    "float64": ("int64", 0x7FF0000000000000, 0x7FF8000000000000),
}


def to_keys(xp: Any, values: Any) -> Any:
    """Return integers in the order -inf < .. < -0 < +0 < .. < +inf < NaN."""
    if values.dtype.kind != "f":
        return values
    name, infinity, nan = _KEYS[values.dtype.name]
    integer = xp.dtype(name).type
    bits = values.view(name)
    rest = xp.iinfo(name).max
    return xp.where((bits & integer(rest)) > integer(infinity), integer(nan), _turned(xp, bits))


def from_keys(xp: Any, keys: Any, dtype: Any) -> Any:
    """Return what `to_keys` has made integers of."""
    return keys if dtype.kind != "f" else _turned(xp, keys).view(dtype)


def _turned(xp: Any, bits: Any) -> Any:
    return xp.where(bits < 0, bits ^ bits.dtype.type(xp.iinfo(bits.dtype).max), bits)


#: A box of an element: (top, left, rows, columns), relative to the pixel that is computed.
Box: TypeAlias = tuple[int, int, int, int]


def morphology(
    src: Any,
    dst: Any,
    layout: str,
    kind: str,
    boxes: tuple[Box, ...],
    heights: tuple[float, ...],
    borders: tuple[str, str],
    value: Any,
) -> None:
    """Find the least or largest sample in boxes, or of pixels raised by ``heights``, or what is made of these."""
    image, result = as_nhwc(src, layout), as_nhwc(dst, layout)
    if not result.size:
        return
    xp = array_module(src)
    if image.dtype.kind == "b":
        image, result, value = image.view("uint8"), result.view("uint8"), value.view("uint8")
    mirrored = tuple((1 - top - rows, 1 - left - columns, rows, columns) for top, left, rows, columns in boxes)

    def erode(of: Any) -> Any:
        return _extreme(xp, of, False, boxes, heights, borders, value)

    def dilate(of: Any) -> Any:
        return _extreme(xp, of, True, mirrored, heights, borders, value)

    if kind == "erode":
        found = erode(image)
    elif kind == "dilate":
        found = dilate(image)
    elif kind == "opening":
        found = dilate(erode(image))
    elif kind == "closing":
        found = erode(dilate(image))
    elif kind == "gradient":
        found = _difference(xp, dilate(image), erode(image))
    elif kind == "top hat":
        found = _difference(xp, image, dilate(erode(image)))
    elif kind == "black top hat":
        found = _difference(xp, erode(dilate(image)), image)
    else:
        raise ValueError(f"unknown kind {kind!r}")
    result[...] = found


def _extreme(
    xp: Any,
    image: Any,
    largest: bool,
    boxes: tuple[Box, ...],
    heights: tuple[float, ...],
    borders: tuple[str, str],
    value: Any,
) -> Any:
    dtype = image.dtype
    height, width = image.shape[1:3]
    above = max(0, *(-top for top, _, _, _ in boxes))
    below = max(0, *(top + rows - 1 for top, _, rows, _ in boxes))
    before = max(0, *(-left for _, left, _, _ in boxes))
    behind = max(0, *(left + columns - 1 for _, left, _, columns in boxes))
    values = padded(xp, image, ((above, below), (before, behind)), borders, value)
    if heights:
        values = values.astype("float64" if dtype == np.float64 else "float32")
    work = values.dtype
    keys: Any = None if heights else to_keys(xp, values)
    extreme = xp.maximum if largest else xp.minimum
    found: Any = None
    for number, (top, left, rows, columns) in enumerate(boxes):
        y, x = above + top, before + left
        if heights:
            with np.errstate(invalid="ignore", over="ignore"):
                pixel, raised = values[:, y : y + height, x : x + width], work.type(heights[number])
                part = to_keys(xp, pixel + raised if largest else pixel - raised)
        else:
            part = keys[:, y : y + height + rows - 1, x : x + width + columns - 1]
            part = _sliding(extreme, part, rows, height, 1)
            part = _sliding(extreme, part, columns, width, 2)
        found = part if found is None else extreme(found, part)
    if not heights:
        return from_keys(xp, found, dtype)
    with np.errstate(over="ignore", invalid="ignore"):
        return round_to(xp, from_keys(xp, found, work), dtype)


def _sliding(extreme: Any, values: Any, size: int, side: int, axis: int) -> Any:
    parts = [values[:, k : k + side] if axis == 1 else values[:, :, k : k + side] for k in range(size)]
    total = parts[0]
    for part in parts[1:]:
        total = extreme(total, part)
    return total


def _difference(xp: Any, left: Any, right: Any) -> Any:
    if left.dtype.kind != "f":
        limits = xp.iinfo(left.dtype)
        return xp.clip(left.astype("int32") - right.astype("int32"), limits.min, limits.max).astype(left.dtype)
    with np.errstate(over="ignore", invalid="ignore"):
        if left.dtype == np.float16:
            return (left.astype("float32") - right.astype("float32")).astype(left.dtype)
        return left - right
