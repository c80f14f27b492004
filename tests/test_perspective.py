"""perspective: against the formula, cases worked out by hand, and other libraries."""

from __future__ import annotations

from typing import Any

import numpy as np
import oracles
import pytest
import warp_oracles as warps
from oracles import DTYPES, assert_golden, assert_same, random_image
from warp_oracles import BORDERS, INTERPOLATIONS

import pixlane as px

MATRICES: dict[str, Any] = {
    "tilt": [[1.1, 0.05, -3], [0.02, 0.95, 2], [0.002, -0.001, 1]],
    "corners": [[0.8, 0.2, 1], [-0.1, 1.2, 0], [0.003, 0.004, 0.9]],
    "negative": [[-1, 0, 30], [0, -1, 20], [-0.001, 0.0005, -1]],
}


@pytest.mark.sample
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
@pytest.mark.parametrize("border", BORDERS)
def test_the_formula(backend: str, rng: np.random.Generator, border: str, interpolation: str, dtype: str) -> None:
    for name, back in MATRICES.items():
        image = random_image(rng, (int(rng.integers(1, 40)), int(rng.integers(1, 70)), 3), dtype)
        size = (int(rng.integers(1, 40)), int(rng.integers(1, 130)))
        points = warps.through(back, size)
        real = warps.sample(image, points, interpolation, border, 1)
        have = px.perspective(image, back, size, inverse=True, interpolation=interpolation, border=border, value=1)
        if interpolation == "nearest":
            sure = warps.tie_free(points)
            np.testing.assert_array_equal(have[sure], real[sure].astype(dtype))
        else:
            warps.assert_close(have, real, (name, image.shape, size))


def test_by_hand(backend: str) -> None:
    # Pixel x looks at x / (1 + x / 2): 0, 2/3, 1, 6/5.
    row = np.array([[0, 60, 120, 180]], np.uint8)
    assert_golden(px.perspective(row, [[1, 0, 0], [0, 1, 0], [0.5, 0, 1]], inverse=True), [[0, 40, 60, 72]])
    # Twice the matrix is the same map.
    for factor in (2, 3, -0.7):
        have = px.perspective(row, factor * np.array([[1, 0, 1], [0, 1, 0], [0, 0, 1.0]]), value=9)
        assert_golden(have, [[9, 0, 60, 120]])


def test_corners_to_corners(backend: str) -> None:
    photograph = oracles.photograph()
    source, target = [(0, 0), (149, 0), (149, 119), (0, 119)], [(20, 10), (140, 0), (149, 110), (5, 119)]
    matrix = px.matrix.from_points(source, target)
    have = px.perspective(photograph, matrix)
    back = px.perspective(have, px.matrix.inverse(matrix))
    assert np.abs(back.astype(int) - photograph)[10:-10, 10:-10].mean() < 5
    points = warps.through(np.linalg.inv(matrix), (120, 150))
    warps.assert_close(have, warps.sample(photograph, points), rounding=(rounding := oracles.Rounding()))
    rounding.check()


def test_the_horizon(backend: str) -> None:
    """The denominator crosses zero in the image: nothing outside is read, and the formula holds on either side."""
    image = np.arange(1, 101, dtype=np.uint8).reshape(10, 10)
    back = [[1, 0, 0], [0, 1, 0], [1, 0, -4]]  # x / (x - 4): 0, -1/3, -1, -3, inf, 5, 3, ..
    for interpolation in INTERPOLATIONS:
        for border in BORDERS:
            for dtype in DTYPES:
                have = px.perspective(
                    image.astype(dtype), back, inverse=True, interpolation=interpolation, border=border, value=7
                )
                assert np.isfinite(have.astype(float)).all()
                if border == "constant":
                    assert (have[:, 4] == 7).all()  # infinitely far, and 0 / 0 in the first row
    have = px.perspective(image, back, inverse=True, value=7)
    assert have[0, 5] == 6  # (5, 0)
    assert have[0, 6] == 4  # (3, 0)
    nowhere = px.perspective(image, back, inverse=True, border="edge", value=7)
    assert nowhere[0, 4] == 100 or nowhere[0, 4] == 7  # y = 0 / 0
    assert nowhere[0, 4] == 7


def test_like_opencv_and_scikit_image(backend: str, rng: np.random.Generator) -> None:
    transform = pytest.importorskip("skimage.transform")
    image = rng.random((40, 50))
    matrix = np.array([[0.9, 0.3, 2.0], [-0.2, 1.1, 5.0], [0.001, 0.002, 1.0]])
    theirs = transform.warp(image, np.linalg.inv(matrix), order=1)
    np.testing.assert_allclose(px.perspective(image, matrix), theirs, atol=1e-8)
    cv2 = pytest.importorskip("cv2")
    photograph = oracles.photograph()
    theirs = cv2.warpPerspective(photograph, matrix, (150, 120), borderMode=cv2.BORDER_REPLICATE)
    ours = px.perspective(photograph, matrix, border="edge")
    assert np.abs(ours.astype(int) - theirs).max() <= 8
    assert np.abs(ours.astype(int) - theirs).mean() < 0.3


def test_batches(backend: str, rng: np.random.Generator) -> None:
    images = random_image(rng, (3, 20, 30, 3), "uint16")
    matrices = np.stack([np.asarray(m, float) for m in MATRICES.values()])
    together = px.perspective(images, matrices, (11, 17))
    for one, image, matrix in zip(together, images, matrices, strict=True):
        assert_same(one, px.perspective(image, matrix, (11, 17)))
