"""Independent oracles: the definitions in words, as dense float64 matrices, and other libraries' answers.

Nothing here calls pixlane. Where pixlane keeps a table of the few inputs that an output reads, an oracle has one weight
for every pair of an input and an output, so that the two share no code and no trick.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Real = NDArray[np.float64]
Box = tuple[float, float, float, float]

FILTERS = ("bilinear", "bicubic", "lanczos", "area")
INTERPOLATIONS = (*FILTERS, "nearest")
DTYPES = ("uint8", "uint16", "int16", "float16", "float32", "float64")
INTEGERS = ("uint8", "uint16", "int16")
#: 1 to 67 has every remainder of every vector length; the rest are primes and one below, at and above more lanes.
WIDTHS = (*range(1, 68), 71, 79, 97, 101, 127, 128, 129, 191, 192, 193, 255, 256, 257)
CHANNELS = (1, 2, 3, 4, 5, 9)

# ---- the filters, from their textbook definitions


def triangle(t: Real) -> Real:
    return np.maximum(0.0, 1.0 - np.abs(t))


def keys(t: Real) -> Real:
    """Keys 1981, equation 4, with a = -1/2."""
    a = -0.5
    t = np.abs(t)
    inner = (a + 2.0) * t**3 - (a + 3.0) * t**2 + 1.0
    outer = a * t**3 - 5.0 * a * t**2 + 8.0 * a * t - 4.0 * a
    return np.where(t <= 1.0, inner, np.where(t < 2.0, outer, 0.0))


def lanczos3(t: Real) -> Real:
    return np.where(np.abs(t) < 3.0, np.sinc(t) * np.sinc(t / 3.0), 0.0)


KERNELS: dict[str, Callable[[Real], Real]] = {"bilinear": triangle, "bicubic": keys, "lanczos": lanczos3}


def weights(
    inputs: int, outputs: int, low: float, high: float, interpolation: str = "bilinear", antialias: bool = True
) -> Real:
    """The (outputs, inputs) matrix that resamples [low, high) of a row of pixels; every row sums to one."""
    scale = (high - low) / outputs
    x = np.arange(outputs, dtype=np.float64)[:, None]
    k = np.arange(inputs, dtype=np.float64)[None, :]
    if interpolation == "nearest":
        table = (k == np.clip(np.floor((x + 0.5) * scale + low), 0, inputs - 1)).astype(np.float64)
    elif interpolation == "area":
        overlap = np.minimum(k + 1.0, low + (x + 1.0) * scale) - np.maximum(k, low + x * scale)
        table = np.where(overlap > 1e-9 * scale, overlap, 0.0)  # less is rounding, not area
    else:
        stretch = max(scale, 1.0) if antialias else 1.0
        table = KERNELS[interpolation]((k + 0.5 - (low + (x + 0.5) * scale)) / stretch)
    return np.asarray(table / table.sum(axis=1, keepdims=True))


def resize(
    image: NDArray[Any],
    size: tuple[int, int],
    interpolation: str = "bilinear",
    antialias: bool = True,
    box: Box | None = None,
) -> Real:
    """The real-valued resize of an image (H, W) or (H, W, C)."""
    height, width = image.shape[:2]
    left, top, right, bottom = box if box is not None else (0.0, 0.0, width, height)
    rows = weights(height, size[0], top, bottom, interpolation, antialias)
    columns = weights(width, size[1], left, right, interpolation, antialias)
    values = np.tensordot(rows, image.astype(np.float64), (1, 0))
    return np.asarray(np.moveaxis(np.tensordot(columns, values, (1, 1)), 0, 1))


def resize_premultiplied(
    image: NDArray[Any], size: tuple[int, int], interpolation: str, antialias: bool = True, box: Box | None = None
) -> tuple[Real, NDArray[np.bool_]]:
    """The resize of colours weighted by alpha, their last channel; and where alpha may round to 0 or not."""
    values = image.astype(np.float64)
    values[..., :-1] *= values[..., -1:]
    values = resize(values, size, interpolation, antialias, box)
    alpha = values[..., -1:]
    integer = image.dtype.kind in "iu"
    seen = rounded(alpha, image.dtype) != 0 if integer else alpha != 0
    doubtful = np.abs(np.abs(alpha) - 0.5) < 1e-6 if integer else np.abs(alpha) < 1e-12
    colour = np.where(seen, values[..., :-1] / np.where(seen, alpha, 1.0), 0.0)
    return np.concatenate([colour, alpha], axis=-1), doubtful[..., 0]


def clipped(values: Real, dtype: Any) -> Real:
    """Real values clipped to the range of an integer dtype."""
    limits = np.iinfo(dtype)
    return np.clip(values, limits.min, limits.max)


def rounded(values: Real, dtype: Any) -> NDArray[Any]:
    """floor(x + 1/2), clamped; NaN is 0."""
    return clipped(np.floor(np.nan_to_num(values, nan=0.0) + 0.5), dtype).astype(dtype)


# ---- images


def random_image(rng: np.random.Generator, shape: tuple[int, ...], dtype: Any) -> NDArray[Any]:
    """Noise over the whole range of an integer dtype; in [0, 1) for floats."""
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        return rng.random(shape) < 0.5
    if dtype.kind == "f":
        return rng.random(shape).astype(dtype)
    limits = np.iinfo(dtype)
    return rng.integers(limits.min, limits.max, shape, dtype, endpoint=True)


def to_dtype(image: NDArray[np.uint8], dtype: Any) -> NDArray[Any]:
    """A uint8 photograph over the whole range of another dtype; from 0 to 1 for floats."""
    dtype = np.dtype(dtype)
    if dtype.kind == "f":
        return (image / 255.0).astype(dtype)
    limits = np.iinfo(dtype)
    return (image.astype(np.int64) * ((int(limits.max) - int(limits.min)) // 255) + int(limits.min)).astype(dtype)


def photograph(height: int = 120, width: int = 150) -> NDArray[np.uint8]:
    """A cat: a corner of a natural photograph that scikit-image ships."""
    from skimage import data

    whole: NDArray[np.uint8] = data.chelsea()  # type: ignore[no-untyped-call]
    return np.ascontiguousarray(whole[60 : 60 + height, 110 : 110 + width])


# ---- where pixels lie in memory


def _contiguous(image: NDArray[Any]) -> NDArray[Any]:
    return np.array(image, order="C")


def _fortran(image: NDArray[Any]) -> NDArray[Any]:
    return np.array(image, order="F")


def _sparse(image: NDArray[Any]) -> NDArray[Any]:
    wide = np.zeros(tuple(2 * side + 1 for side in image.shape), image.dtype)
    view = wide[tuple(slice(1, None, 2) for _ in image.shape)]
    view[...] = image
    return view


def _misaligned(image: NDArray[Any]) -> NDArray[Any]:
    memory = np.zeros(image.nbytes + 1, np.uint8)
    view = memory[1:].view(image.dtype).reshape(image.shape)
    view[...] = image
    return view


def _padded(image: NDArray[Any]) -> NDArray[Any]:
    wide = np.zeros((image.shape[0] + 2, image.shape[1] + 5, *image.shape[2:]), image.dtype)
    view = wide[1:-1, 2:-3]
    view[...] = image
    return view


def _planar(image: NDArray[Any]) -> NDArray[Any]:
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(image, -1, 0)), 0, -1)


def _reversed(image: NDArray[Any]) -> NDArray[Any]:
    return image[::-1, ::-1, ::-1].copy()[::-1, ::-1, ::-1]


def _upside_down(image: NDArray[Any]) -> NDArray[Any]:
    return image[::-1].copy()[::-1]


def _transposed(image: NDArray[Any]) -> NDArray[Any]:
    return np.ascontiguousarray(image.swapaxes(0, 1)).swapaxes(0, 1)


#: Each gives a copy of pixels (H, W, C) in other memory.
MEMORY: dict[str, Callable[[NDArray[Any]], NDArray[Any]]] = {
    "contiguous": _contiguous,
    "fortran": _fortran,
    "planar": _planar,
    "transposed": _transposed,
    "padded": _padded,
    "sparse": _sparse,
    "misaligned": _misaligned,
    "reversed": _reversed,
    "upside_down": _upside_down,
}


# ---- comparisons


def show(have: NDArray[Any], expected: NDArray[Any]) -> str:
    with np.printoptions(linewidth=160, threshold=200, suppress=True):
        return f"\nHave\n{have}\nExpected\n{expected}"


def assert_golden(have: NDArray[Any], expected: Any, tolerance: float = 0.0) -> None:
    """Equal, or for floats within ``tolerance``; prints both matrices."""
    expected = np.asarray(expected)
    assert have.shape == expected.shape, f"shapes {have.shape} and {expected.shape}"
    assert (np.abs(have.astype(np.float64) - expected) <= tolerance).all(), show(have, expected)


def same_bytes(have: NDArray[Any], expected: NDArray[Any]) -> bool:
    """Equal to the last bit, the sign of zero included; any NaN is any NaN."""
    if have.shape != expected.shape or have.dtype != expected.dtype:
        return False
    if have.dtype.kind == "f":
        nan = np.isnan(expected)
        if not np.array_equal(np.isnan(have), nan):
            return False
        zero = have.dtype.type(0)
        have, expected = np.where(nan, zero, have), np.where(nan, zero, expected)
    return have.tobytes() == expected.tobytes()


def assert_same(have: NDArray[Any], expected: NDArray[Any], what: object = "") -> None:
    if not same_bytes(have, expected):
        assert have.shape == expected.shape, f"{what}: shapes {have.shape} and {expected.shape}"
        assert have.dtype == expected.dtype, f"{what}: {have.dtype} and {expected.dtype}"
        wrong = np.argwhere((have != expected) & ~((have != have) & (expected != expected)))
        raise AssertionError(
            f"{what}: {len(wrong)} of {have.size} differ, at {wrong[:5].tolist()}{show(have, expected)}"
        )


class Rounding:
    """Counts how often integers are not the rounding of the real value; ties may go either way."""

    def __init__(self) -> None:
        self.samples = self.differing = 0

    def add(self, have: NDArray[Any], real: Real, what: object = "", share: bool = True) -> None:
        """Each within one level of the clipped real value; with ``share``, 99 % of a large result are its rounding."""
        real = clipped(real, have.dtype)
        error = np.abs(have.astype(np.float64) - real)
        assert error.max(initial=0.0) <= 1.0, (
            f"{what}: {error.max()} levels off at {np.argwhere(error > 1.0)[:5].tolist()}"
        )
        tie = np.abs(real - np.floor(real) - 0.5) < 1e-6
        differing = int((~tie & (have != np.floor(real + 0.5))).sum())
        self.samples += have.size
        self.differing += differing
        if share and have.size >= 2000 and np.unique(real.round(3)).size >= 2000:
            assert differing < 0.01 * have.size, f"{what}: {differing} of {have.size} are not the rounding"

    def check(self) -> None:
        assert self.differing < 0.01 * self.samples, f"{self.differing} of {self.samples} are not the rounding"


# ---- other libraries


def pillow_resize(
    image: NDArray[Any], size: tuple[int, int], interpolation: str, box: Box | None = None
) -> NDArray[Any]:
    """Pillow's resize of uint8 (H, W) or (H, W, 3), or float32 (H, W)."""
    from PIL import Image

    filters = {
        "nearest": Image.Resampling.NEAREST,
        "bilinear": Image.Resampling.BILINEAR,
        "bicubic": Image.Resampling.BICUBIC,
        "lanczos": Image.Resampling.LANCZOS,
    }
    return np.asarray(Image.fromarray(image).resize(size[::-1], filters[interpolation], box))


def shorter_side(shape: tuple[int, int], side: int) -> tuple[int, int]:
    """torchvision's Resize(side): the longer side is cut off to whole pixels."""
    height, width = shape
    if height <= width:
        return side, math.floor(side * width / height)
    return math.floor(side * height / width), side
