"""convolve: correlate with the kernel flipped, as SciPy does."""

from __future__ import annotations

import numpy as np
import pytest
from filter_oracles import SCIPY
from oracles import DTYPES, assert_golden, assert_same, random_image

import pixlane as px


def test_by_hand(backend: str) -> None:
    line = np.array([[0, 0, 1, 0, 0]], np.uint8)
    assert_golden(px.convolve(line, [[1, 2, 3]]), [[0, 1, 2, 3, 0]])
    assert_golden(px.convolve(line, [[1, 2]]), [[0, 1, 2, 0, 0]])
    assert_golden(px.convolve(line, [[1, 2, 3]], anchor=(0, 0), border="constant"), [[0, 0, 1, 2, 3]])


@pytest.mark.parametrize("border", SCIPY)
def test_like_scipy(backend: str, rng: np.random.Generator, border: str) -> None:
    ndimage = pytest.importorskip("scipy.ndimage")
    for height, width in ((1, 2), (2, 1), (3, 3), (4, 5), (5, 4), (6, 6)):
        image, kernel = rng.random((9, 8)), rng.standard_normal((height, width))
        expected = ndimage.convolve(image, kernel, mode=SCIPY[border], cval=0.3)
        np.testing.assert_allclose(px.convolve(image, kernel, border=border, value=0.3), expected, atol=1e-13)


@pytest.mark.sample
@pytest.mark.parametrize("dtype", DTYPES)
def test_is_correlate_with_the_kernel_flipped(backend: str, rng: np.random.Generator, dtype: str) -> None:
    image = random_image(rng, (13, 40, 3), dtype)
    for height, width in ((1, 1), (2, 3), (5, 4), (7, 7)):
        kernel = rng.standard_normal((height, width))
        for x in range(width):
            have = px.convolve(image, kernel, anchor=(x, 0), dtype="float32")
            flipped = (width - 1 - x, height - 1)
            assert_same(have, px.correlate(image, kernel[::-1, ::-1], anchor=flipped, dtype="float32"))


def test_bad_input(backend: str) -> None:
    with pytest.raises(ValueError, match="kernel is empty"):
        px.convolve(np.zeros((4, 5), np.uint8), np.zeros((3, 0)))
    with pytest.raises(ValueError, match="anchor must be an element"):
        px.convolve(np.zeros((4, 5), np.uint8), [[1, 2]], anchor=(2, 0))
