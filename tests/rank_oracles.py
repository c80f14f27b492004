"""What rank filters are to compute, neighbourhood by neighbourhood: written for the purpose."""

from __future__ import annotations

from typing import Any

import numpy as np
from filter_oracles import padded
from morphology_oracles import ranks
from numpy.typing import NDArray


def ranked(
    image: NDArray[Any],
    mask: NDArray[Any],
    rank: int,
    anchor: tuple[int, int] | None = None,
    border: tuple[str, str] = ("reflect", "reflect"),
    value: float = 0,
) -> NDArray[Any]:
    """Of an image (H, W, C): the samples where the mask lies, put in order, and the one of a rank."""
    height, width = mask.shape
    x, y = anchor or (width // 2, height // 2)
    wide = padded(image, ((y, height - 1 - y), (x, width - 1 - x)), border, value)
    stack = np.stack([wide[j : j + image.shape[0], i : i + image.shape[1]] for j, i in np.argwhere(mask)])
    chosen = np.argsort(ranks(stack), axis=0, kind="stable")[rank]
    return np.asarray(np.take_along_axis(stack, chosen[None], 0)[0])


def masked_median(
    image: NDArray[Any],
    footprint: NDArray[Any],
    mask: NDArray[Any],
    border: tuple[str, str] = ("reflect", "reflect"),
    value: float = 0,
    anchor: tuple[int, int] | None = None,
) -> NDArray[Any]:
    """Of an image (H, W, C): the median of the samples under the footprint that a mask (H, W) leaves, one by one."""
    height, width = footprint.shape
    x, y = anchor or (width // 2, height // 2)
    reach = ((y, height - 1 - y), (x, width - 1 - x))
    wide, counted = padded(image, reach, border, value), padded(mask[..., None].astype(np.uint8), reach, border, 1)
    result = np.zeros_like(image)
    for j, i in np.ndindex(image.shape[:2]):
        under = footprint.astype(bool) & (counted[j : j + height, i : i + width, 0] != 0)
        for c in range(image.shape[2]):
            samples = wide[j : j + height, i : i + width, c][under]
            if samples.size:
                result[j, i, c] = samples[np.argsort(ranks(samples), kind="stable")[samples.size // 2]]
    return result
