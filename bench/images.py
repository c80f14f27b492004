"""The pictures that the cases run on, and how they lie in memory. Deterministic, offline."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .cases import Image

Array = NDArray[Any]
DTYPES = {"u8": np.uint8, "u16": np.uint16, "i16": np.int16, "f16": np.float16, "f32": np.float32, "f64": np.float64}
CACHE_LINE = 64


def inputs(image: Image) -> list[Array]:
    """The images of a case: one array, or ``image.count`` of mixed sizes."""
    if image.count == 1:
        return [_arrange(_pixels(image.size, image), image.view)]
    sizes = mixed_sizes(image.size, image.count)
    return [_arrange(_pixels(size, image), image.view) for size in sizes]


def mixed_sizes(size: tuple[int, int], count: int) -> list[tuple[int, int]]:
    """Sizes such as a data set holds: landscape and portrait, from a third of ``size`` up to it."""
    sizes = []
    for i in range(count):
        zoom = 1 / 3 + (i * 29 % count) / count * 2 / 3
        height, width = round(size[0] * zoom), round(size[1] * zoom * (0.75 + 0.25 * (i % 2)))
        while 256 * width / height % 1 >= 0.5:  # libraries that cut the longer side and those that round it agree
            width -= 1
        sizes.append((width, height) if i % 3 == 2 else (height, width))
    return sizes


def copies(arrays: list[Array]) -> list[Array]:
    """The same images in other buffers, which begin where a cache line does, with the same strides."""
    return [_copy(array) for array in arrays]


def _copy(array: Array) -> Array:
    base = array
    while isinstance(base.base, np.ndarray):
        base = base.base
    within = array.__array_interface__["data"][0] - base.__array_interface__["data"][0]
    content = base.copy(order="K").reshape(-1).view(np.uint8)
    memory = np.empty(content.size + CACHE_LINE, np.uint8)
    start = -memory.__array_interface__["data"][0] % CACHE_LINE
    memory[start : start + content.size] = content
    copied: Array = np.ndarray(array.shape, array.dtype, memory, start + within, array.strides)
    return copied


def _pixels(size: tuple[int, int], image: Image) -> Array:
    rgb = _synthetic(size) if image.kind == "synthetic" else _photograph(size)
    gray = (rgb.astype(np.int32) @ np.array([299, 587, 114], np.int32) // 1000).astype(np.uint8)
    if image.channels == 1:
        u8 = gray
    else:
        planes = [rgb[..., 0], rgb[..., 1], rgb[..., 2], 255 - gray // 2, gray]
        u8 = np.stack([planes[c % 5] for c in range(image.channels)], axis=-1)
    if image.dtype in ("u16", "i16"):
        # A neighbour's value as the low byte, so that all sixteen bits are in use.
        u16 = u8.astype(np.uint16) << 8 | np.roll(u8, 1, axis=1)
        return u16 if image.dtype == "u16" else (u16.astype(np.int32) - 32768).astype(np.int16)
    return u8 if image.dtype == "u8" else (u8 / np.float32(255)).astype(DTYPES[image.dtype])


def _arrange(pixels: Array, view: str) -> Array:
    height, width = pixels.shape[:2]
    if view == "":
        return np.ascontiguousarray(pixels)
    if view == "crop":  # a window of a larger image
        large = np.zeros((height + 16, width + 24, *pixels.shape[2:]), pixels.dtype)
        window = large[8 : 8 + height, 11 : 11 + width]
    elif view == "flip":
        window = np.zeros_like(pixels, order="C")[:, ::-1]
    elif view == "step":  # every other column
        window = np.zeros((height, 2 * width, *pixels.shape[2:]), pixels.dtype)[:, ::2]
    elif view in ("planar", "chw"):
        planes = np.ascontiguousarray(np.moveaxis(pixels, -1, 0))
        return planes if view == "chw" else np.moveaxis(planes, 0, -1)
    else:
        raise ValueError(f"unknown view {view!r}")
    window[...] = pixels
    return window


@functools.cache
def _mosaic() -> Array:
    """Four of the photographs that ship inside scikit-image's wheel, side by side at their own resolution."""
    from skimage import data  # type: ignore[import-untyped]

    astronaut, coffee, chelsea, rocket = (
        getattr(data, name)()[:300, :450] for name in ("astronaut", "coffee", "chelsea", "rocket")
    )
    mosaic: Array = np.vstack([np.hstack([astronaut, coffee]), np.hstack([chelsea, rocket])])
    return mosaic


@functools.lru_cache(maxsize=2)
def _photograph(size: tuple[int, int]) -> Array:
    """The mosaic cut, or continued by mirroring, to ``size``."""
    mosaic = _mosaic()
    pad = [(0, max(0, side - have)) for side, have in zip(size, mosaic.shape, strict=False)]
    return np.pad(mosaic, [*pad, (0, 0)], mode="symmetric")[: size[0], : size[1]]


@functools.lru_cache(maxsize=2)
def _synthetic(size: tuple[int, int]) -> Array:
    y, x = np.ogrid[: size[0], : size[1]]
    return np.stack([(x * x + 3 * y * c + (x * y >> 4)) & 255 for c in (1, 5, 9)], axis=-1).astype(np.uint8)
