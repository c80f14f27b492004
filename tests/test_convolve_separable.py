"""convolve_separable: the convolution with the product of its kernels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from filter_oracles import BORDERS, SCIPY, assert_sum, weighted_sum
from oracles import DTYPES, assert_golden, assert_same, random_image

import pixlane as px


def test_by_hand(backend: str) -> None:
    image = np.zeros((3, 5), np.uint8)
    image[1, 2] = 100
    assert_golden(px.convolve_separable(image, (1,), (1, 2, 0)), [[0] * 5, [0, 100, 200, 0, 0], [0] * 5])
    assert_golden(px.convolve_separable(image, (0.5, 0, 0.25), (1,), border="constant")[:, 2], [50, 0, 25])


@pytest.mark.sample
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("result", [None, "uint8", "int16", "float32"])
def test_the_formula(backend: str, rng: np.random.Generator, dtype: str, result: str | None) -> None:
    for turn in range(40):
        image = random_image(rng, (int(rng.integers(1, 30)), int(rng.integers(1, 150)), 1 + turn % 5), dtype)
        height, width = (int(side) for side in rng.integers(1, 9 if turn % 8 else 60, 2))
        if turn % 3 == 0:
            column, row = rng.integers(-4, 5, height).astype(float), rng.integers(-4, 5, width).astype(float)
        else:
            column, row = rng.standard_normal(height), rng.standard_normal(width) / 3
        anchor = (int(rng.integers(width)), int(rng.integers(height)))
        border = (BORDERS[rng.integers(5)], BORDERS[rng.integers(5)])
        have = px.convolve_separable(image, column, row, anchor=anchor, border=border, value=1, dtype=result)
        flipped = (width - 1 - anchor[0], height - 1 - anchor[1])
        sums = weighted_sum(image, np.outer(column, row)[::-1, ::-1], flipped, border, 1)
        assert_sum(have, sums, turn % 3 == 0 and image.dtype.kind in "iu", (image.shape, column, row, anchor, border))


def test_like_scipy(backend: str, rng: np.random.Generator) -> None:
    ndimage = pytest.importorskip("scipy.ndimage")
    image = rng.random((20, 30))
    for border in SCIPY:
        for column, row in ((rng.random(4), rng.random(7)), (rng.random(9), rng.random(2))):
            expected = ndimage.convolve1d(image, column, axis=0, mode=SCIPY[border], cval=0.4)
            if border == "constant":  # there the second pass sees 0.4 outside, not what the first makes of it
                continue
            expected = ndimage.convolve1d(expected, row, axis=1, mode=SCIPY[border])
            np.testing.assert_allclose(px.convolve_separable(image, column, row, border=border), expected, atol=1e-13)


def test_is_found_in_a_kernel(backend: str, rng: np.random.Generator) -> None:
    """A kernel of rank one is computed as its column and row are, but for how the factor between them is dealt out."""
    image = random_image(rng, (20, 70, 3), "uint8")
    column, row = np.array([1.0, 4, 6, 4, 1]), np.array([1.0, 2, 4, 2, 1, 7])
    whole = px.convolve_separable(image, column, row, dtype="int16")
    assert_same(px.convolve(image, np.outer(column, row), dtype="int16"), whole)


@pytest.mark.parametrize(
    ("kernels", "options", "error", "message"),
    [
        (([[1]], [1]), {}, ValueError, r"kernel_y must be one-dimensional, got shape \(1, 1\)"),
        (([1], []), {}, ValueError, "kernel_x is empty"),
        (([1], 2.0), {}, ValueError, "kernel_x must be one-dimensional"),
        (([1], [np.nan]), {}, ValueError, "kernel_x must be finite"),
        ((["a"], [1]), {}, TypeError, "kernel_y must be an array of real numbers"),
        (([1, 2], [1]), {"anchor": (1, 0)}, ValueError, "anchor must be an element .x, y. of a kernel of 2 x 1"),
    ],
)
def test_bad_input(backend: str, kernels: Any, options: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        px.convolve_separable(np.zeros((4, 5, 3), np.uint8), *kernels, **options)
