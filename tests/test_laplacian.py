"""laplacian: exact in integers, SciPy's and OpenCV's."""

from __future__ import annotations

import numpy as np
import pytest
from filter_oracles import BORDERS, SCIPY, assert_sum, weighted_sum
from oracles import DTYPES, assert_golden, assert_same, random_image

import pixlane as px

KERNEL = np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]], float)


def test_by_hand(backend: str) -> None:
    dot = np.array([[0, 0, 0], [0, 9, 0], [0, 0, 0]], np.uint8)
    assert_golden(px.laplacian(dot), [[0, 18, 0], [18, -36, 18], [0, 18, 0]])
    assert_golden(px.laplacian(dot, border="edge"), [[0, 9, 0], [9, -36, 9], [0, 9, 0]])
    assert_golden(px.laplacian(dot, dtype="uint8"), [[0, 18, 0], [18, 0, 18], [0, 18, 0]])


@pytest.mark.sample
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_formula(backend: str, rng: np.random.Generator, dtype: str) -> None:
    for turn, width in enumerate((*range(1, 20), 31, 33, 64, 130)):
        image = random_image(rng, (int(rng.integers(1, 30)), width, 1 + turn % 5), dtype)
        border = (BORDERS[turn % 5], BORDERS[(turn + 2) % 5])
        for result in (None, "int16"):
            have = px.laplacian(image, border=border, value=1, dtype=result)
            assert_sum(have, weighted_sum(image, KERNEL, None, border, 1), image.dtype.kind in "iu", image.shape)


def test_like_others(backend: str, rng: np.random.Generator) -> None:
    ndimage, cv2 = pytest.importorskip("scipy.ndimage"), pytest.importorskip("cv2")
    image = rng.random((20, 30))
    for border in BORDERS:
        expected = ndimage.laplace(image, mode=SCIPY[border])
        np.testing.assert_allclose(px.laplacian(image, border=border), expected, atol=1e-14)
    image = random_image(rng, (40, 51, 3), "uint8")
    assert_same(px.laplacian(image), cv2.Laplacian(image, cv2.CV_32F, ksize=1))
    assert_same(px.laplacian(image, dtype="int16"), cv2.Laplacian(image, cv2.CV_16S, ksize=1))


def test_bad_input(backend: str) -> None:
    with pytest.raises(TypeError, match="dtype must be one of"):
        px.laplacian(np.zeros((4, 5), np.uint8), dtype="bool")
    with pytest.raises(ValueError, match="border must be one of"):
        px.laplacian(np.zeros((4, 5), np.uint8), border="mirror")
