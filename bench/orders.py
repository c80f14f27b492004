"""The jobs that put neighbourhoods in order: footprints, and the formula behind each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from .cases import Case

Array = NDArray[Any]

MORPHOLOGY = frozenset(("erode", "dilate", "opening", "closing", "morphological_gradient", "top_hat"))
RANKS = frozenset(("median_blur", "rank_filter", "percentile_filter", "minimum_filter", "maximum_filter"))
OPS = MORPHOLOGY | RANKS
#: Positional arguments of ours, by op; the rest of a case's parameters are keywords.
POSITIONAL = {
    **dict.fromkeys(sorted(OPS), ("footprint",)),
    "rank_filter": ("rank", "footprint"),
    "percentile_filter": ("percentile", "footprint"),
}


def words(case: Case) -> str:
    """What tells a case from others of its op and image."""
    p = case.params
    more = "".join(f"-{name}{p[name]}" for name in ("rank", "percentile") if name in p)
    return f"{p['footprint']}" + (f"-{p['shape']}" if "shape" in p else "") + more


def mask(case: Case) -> Array:
    """The footprint as pixels; a disk is the one around the middle."""
    size: int = case.params["footprint"]
    if case.params.get("shape") != "ellipse":
        return np.ones((size, size), np.uint8)
    x = np.arange(size) - (size - 1) / 2
    y = x[:, None]
    return np.asarray(y * y + x * x <= ((size - 1) / 2) ** 2, np.uint8)


def expected(case: Case, image: Array) -> Array:
    if case.op in ("median_blur", "rank_filter", "percentile_filter"):
        return _ranked(case, image)

    def least(of: Array) -> Array:
        return _extreme(case, of, np.minimum)

    def largest(of: Array) -> Array:
        return _extreme(case, of, np.maximum)

    if case.op == "morphological_gradient":
        return np.asarray(largest(image) - least(image))
    if case.op == "top_hat":
        return np.asarray(image - largest(least(image)))
    ways = {"erode": (least,), "dilate": (largest,), "opening": (least, largest), "closing": (largest, least)}
    ways |= {"minimum_filter": (least,), "maximum_filter": (largest,)}
    for way in ways[case.op]:
        image = way(image)
    return image


def _extreme(case: Case, image: Array, pick: Any) -> Array:
    pixels = mask(case)
    half = len(pixels) // 2
    padded = np.pad(image, [(half, half)] * 2 + [(0, 0)] * (image.ndim - 2), mode="reflect")
    result = image
    for j, i in np.argwhere(pixels):
        result = pick(result, padded[j : j + image.shape[0], i : i + image.shape[1]])
    return result


def rank(case: Case) -> int:
    """How many samples come before the one that is wanted."""
    count, p = int(mask(case).sum()), case.params
    return int(p["rank"] if "rank" in p else count * p.get("percentile", 50) / 100)


def _ranked(case: Case, image: Array) -> Array:
    pixels = np.argwhere(mask(case))
    half = case.params["footprint"] // 2
    padded = np.pad(image, [(half, half)] * 2 + [(0, 0)] * (image.ndim - 2), mode="edge")
    result = np.empty_like(image)
    for y in range(len(image)):
        neighbours = np.stack([padded[y + j, i : i + image.shape[1]] for j, i in pixels])
        result[y] = np.partition(neighbours, rank(case), axis=0)[rank(case)]
    return result
