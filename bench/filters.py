"""The jobs that sum neighbourhoods: their kernels, and the formula behind each."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from .cases import Case

Array = NDArray[Any]

#: Those whose results are floats unless told otherwise, and the others.
DERIVATIVES = frozenset(("sobel", "scharr", "laplacian"))
OPS = DERIVATIVES | {"correlate", "convolve", "convolve_separable", "box_blur", "gaussian_blur", "unsharp_mask"}
#: Positional arguments of ours, by op; the rest of a case's parameters are keywords.
POSITIONAL = {
    "correlate": ("kernel",),
    "convolve": ("kernel",),
    "convolve_separable": ("kernel_y", "kernel_x"),
    "sobel": ("axis",),
    "scharr": ("axis",),
    "box_blur": ("size",),
    "gaussian_blur": ("sigma",),
    "unsharp_mask": ("sigma",),
}
DERIVATIVE, SMOOTH = (-1.0, 0.0, 1.0), {"sobel": (1.0, 2.0, 1.0), "scharr": (3.0, 10.0, 3.0)}
LAPLACIAN = np.array([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]])


@functools.lru_cache(maxsize=32)
def dense(size: int) -> Array:
    """A kernel of ``size`` x ``size`` that no two passes make, and that keeps the mean."""
    weights = np.random.default_rng(size).random((size, size)) + 0.2
    return np.asarray(weights / weights.sum())


@functools.lru_cache(maxsize=32)
def line(size: int) -> Array:
    """A bell."""
    weights = np.exp(-0.5 * (np.linspace(-3, 3, size) if size > 1 else np.zeros(1)) ** 2)
    return np.asarray(weights / weights.sum())


#: The product of a column and a row, which nothing says.
RANK_ONE = np.outer(line(9), line(9))


def words(case: Case) -> str:
    """What tells a case from others of its op and image."""
    p = case.params
    if case.op in ("correlate", "convolve"):
        kernel = p["kernel"]
        shown = "{}x{}".format(*kernel.shape) + ("" if kernel is dense(len(kernel)) else "-rank1")
    elif case.op == "box_blur":
        shown = str(p["size"])
    elif "sigma" in p:
        shown = f"sigma{p['sigma']}"
    elif case.op == "convolve_separable":
        shown = f"{len(p['kernel_y'])}-{len(p['kernel_x'])}"
    else:
        shown = p.get("axis", "plain")
    return shown + (f"-{p['dtype']}" if "dtype" in p else "")


def kernels(case: Case) -> list[Array]:
    """What is correlated with, two-dimensional; for a magnitude one along each axis."""
    p = case.params
    if case.op == "laplacian":
        return [LAPLACIAN]
    if case.op == "box_blur":
        return [np.full((p["size"],) * 2, p["size"] ** -2.0)]
    if case.op in SMOOTH:
        along_x = np.outer(SMOOTH[case.op], DERIVATIVE)
        return {"x": [along_x], "y": [along_x.T], "magnitude": [along_x, along_x.T]}[p["axis"]]
    kernel = p["kernel"] if "kernel" in p else np.outer(p["kernel_y"], p["kernel_x"])
    return [kernel if case.op == "correlate" else kernel[::-1, ::-1]]


def expected(case: Case, image: Array) -> Array:
    if case.op == "box_blur":  # as a difference of sums from the corner: tap by tap, large sizes would take minutes
        return _as_output(case, _box(image, case.params["size"]))
    if "sigma" in case.params:
        blurred = gaussian(image, case.params["sigma"])
        return _as_output(case, blurred if case.op == "gaussian_blur" else 2 * image.astype(np.float32) - blurred)
    sums = [_sum(image, kernel) for kernel in kernels(case)]
    result = sums[0] if len(sums) == 1 else np.hypot(*sums)
    return _as_output(case, result)


def _as_output(case: Case, result: Array) -> Array:
    if case.output_dtype[0] == "f":
        return result
    low, high = {"u8": (0, 255), "u16": (0, 65535), "i16": (-32768, 32767)}[case.output_dtype]
    return np.asarray(np.clip(np.floor(result + 0.5), low, high))


def _sum(image: Array, kernel: Array) -> Array:
    height, width = kernel.shape
    sides = [(height // 2, (height - 1) // 2), (width // 2, (width - 1) // 2)] + [(0, 0)] * (image.ndim - 2)
    padded = np.pad(image.astype(np.float32), sides, mode="reflect")
    total = np.zeros(image.shape, np.float32)
    for j, i in np.argwhere(kernel):
        total += np.float32(kernel[j, i]) * padded[j : j + image.shape[0], i : i + image.shape[1]]
    return total


def _box(image: Array, size: int) -> Array:
    sides = [(size // 2, (size - 1) // 2)] * 2 + [(0, 0)] * (image.ndim - 2)
    sums = np.pad(image.astype(np.float64), sides, mode="reflect")
    for axis in (0, 1):
        sums = np.cumsum(np.insert(sums, 0, 0.0, axis), axis)
        first, last = [slice(None)] * sums.ndim, [slice(None)] * sums.ndim
        first[axis], last[axis] = slice(size, None), slice(None, -size)
        sums = sums[tuple(first)] - sums[tuple(last)]
    return np.asarray(sums / size**2)


def gaussian(image: Array, sigma: float) -> Array:
    """Cut where float32 no longer sees it."""
    radius = int(5.5 * sigma + 0.5)
    weights = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    result = image.astype(np.float32)
    for axis in (0, 1):
        sides = [(0, 0)] * image.ndim
        sides[axis] = (radius, radius)
        side = image.shape[axis]
        padded = np.moveaxis(np.pad(result, sides, mode="reflect" if side > radius else "symmetric"), axis, 0)
        total = np.zeros_like(padded[:side])
        for k, weight in enumerate(weights / weights.sum()):
            total += np.float32(weight) * padded[k : k + side]
        result = np.moveaxis(total, 0, axis)
    return np.asarray(result)
