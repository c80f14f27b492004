"""The jobs that move pixels: their arguments as every library needs them, and the formula behind each."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from .cases import Case

Array = NDArray[Any]

OPS = frozenset(
    (
        *("rotate", "affine", "perspective", "remap", "elastic"),
        *("flip", "rot90", "transpose", "crop", "pad", "pyramid_down", "pyramid_up"),
    )
)
#: Positional arguments of ours, by op; the rest of a case's parameters are keywords.
POSITIONAL = {
    "rotate": ("angle",),
    "affine": ("matrix",),
    "perspective": ("matrix",),
    "remap": ("map_x", "map_y"),
    "elastic": ("alpha", "sigma"),
    "flip": ("direction",),
    "rot90": ("k",),
    "transpose": ("layout_out",),
    "crop": ("box",),
    "pad": ("padding",),
}


def words(case: Case) -> str:
    """What tells a case from others of its op and image."""
    shown = {k: v for k, v in case.params.items() if k not in ("matrix", "copy")}
    return "-".join(str(v).replace(" ", "") for v in shown.values()) or "plain"


def output_size(case: Case) -> tuple[int, int]:
    height, width = case.image.size
    p = case.params
    if case.op == "rot90" and p["k"] % 2:
        return width, height
    if case.op == "crop":
        left, top, right, bottom = p["box"]
        return bottom - top, right - left
    if case.op == "pad":
        return height + 2 * p["padding"], width + 2 * p["padding"]
    if case.op == "pyramid_down":
        return (height + 1) // 2, (width + 1) // 2
    if case.op == "pyramid_up":
        return 2 * height, 2 * width
    return height, width


@functools.lru_cache(maxsize=8)
def maps(size: tuple[int, int]) -> tuple[Array, Array]:
    """Waves of some pixels, as the maps of a lens or of a distortion are: float32, never far from the pixel itself."""
    y, x = np.mgrid[0 : size[0], 0 : size[1]].astype(np.float32)
    return x + 7 * np.sin(y / 40), y + 7 * np.cos(x / 50)


def matrix(case: Case) -> Array:
    """From the image to the result, 3 x 3."""
    height, width = case.image.size
    if case.op != "rotate":
        return np.asarray(case.params["matrix"], np.float64)
    angle = math.radians(case.params["angle"])
    c, s, x, y = math.cos(angle), math.sin(angle), (width - 1) / 2, (height - 1) / 2
    return np.array([[c, s, x - c * x - s * y], [-s, c, y + s * x - c * y], [0, 0, 1]])


def expected(case: Case, image: Array) -> Array:
    p = case.params
    if case.op == "flip":
        axes = {"horizontal": (1,), "vertical": (0,), "both": (0, 1)}[p["direction"]]
        return np.asarray(np.flip(image, axes))
    if case.op == "rot90":
        return np.rot90(image, p["k"])
    if case.op == "transpose":
        return np.moveaxis(image, -1, 0) if p["layout_out"] == "CHW" else np.moveaxis(image, 0, -1)
    if case.op == "crop":
        left, top, right, bottom = p["box"]
        return image[top:bottom, left:right]
    if case.op == "pad":
        sides = ((p["padding"],) * 2,) * 2 + ((0, 0),) * (image.ndim - 2)
        return np.asarray(np.pad(image, sides, mode=p["border"]))
    if case.op in ("pyramid_down", "pyramid_up"):
        return _pyramid(image, case.op == "pyramid_up")
    if case.op == "elastic":
        return _elastic(image, p["alpha"], p["sigma"], p["seed"])
    if case.op == "remap":
        x, y = (m.astype(np.float64) for m in maps(case.image.size))
    else:
        back = np.linalg.inv(matrix(case))
        y, x = np.mgrid[0 : case.image.size[0], 0 : case.image.size[1]].astype(np.float64)
        scale = back[2, 0] * x + back[2, 1] * y + back[2, 2]
        x, y = (
            (back[0, 0] * x + back[0, 1] * y + back[0, 2]) / scale,
            (back[1, 0] * x + back[1, 1] * y + back[1, 2]) / scale,
        )
    return sample(image, x, y, p["interpolation"])


def sample(image: Array, x: Array, y: Array, interpolation: str) -> Array:
    """The image at points; zero outside."""
    from .oracle import _filter

    if interpolation == "nearest":
        x, y = np.floor(x + 0.5), np.floor(y + 0.5)
    taps = {"nearest": range(1), "bilinear": range(2), "bicubic": range(-1, 3), "lanczos": range(-2, 4)}[interpolation]
    left, top = np.floor(x), np.floor(y)
    deep = image.reshape(*image.shape[:2], -1)
    weigh = (lambda t: np.ones_like(t)) if interpolation == "nearest" else functools.partial(_filter, interpolation)
    across, down = ([weigh(at + k - point) for k in taps] for at, point in ((left, x), (top, y)))
    across, down = ([w / sum(ws) for w in ws] for ws in (across, down))
    result = np.zeros((*x.shape, deep.shape[2]), np.float32)
    for wy, j in zip(down, taps, strict=True):
        for wx, k in zip(across, taps, strict=True):
            column, row = (left + k).astype(np.intp), (top + j).astype(np.intp)
            inside = (column >= 0) & (column < deep.shape[1]) & (row >= 0) & (row < deep.shape[0])
            pixels = deep[np.clip(row, 0, deep.shape[0] - 1), np.clip(column, 0, deep.shape[1] - 1)]
            result += (wx * wy * inside).astype(np.float32)[..., None] * pixels
    return _rounded(result.reshape(*x.shape, *image.shape[2:]), image.dtype)


def _rounded(values: Array, dtype: Any) -> Array:
    if np.dtype(dtype).kind not in "iu":
        return values
    limits = np.iinfo(dtype)
    return np.asarray(np.clip(np.floor(values + 0.5), limits.min, limits.max))


def _pyramid(image: Array, up: bool) -> Array:
    values = image.astype(np.float64)
    for axis in (0, 1):
        side = values.shape[axis]
        values = np.moveaxis(values, axis, 0)
        if up:
            grid = np.zeros((2 * side, *values.shape[1:]))
            grid[::2] = 2 * values
            values = grid
        padded = np.pad(values, ((2, 2),) + ((0, 0),) * (values.ndim - 1), mode="reflect")
        blurred = [w / 16 * padded[k : k + len(values)] for k, w in enumerate((1, 4, 6, 4, 1))]
        values = np.add.reduce(blurred)
        values = np.moveaxis(values if up else values[::2], 0, axis)
    return _rounded(values, image.dtype)


def _elastic(image: Array, alpha: float, sigma: float, seed: int) -> Array:
    """By the definition, as there is no other: its noise is ours."""
    import pixlane

    with pixlane.use_backend("reference"):
        return np.asarray(pixlane.elastic(image, alpha, sigma, seed=seed))
