"""pyramid_up: zeros between pixels, blurred; OpenCV to the last bit."""

from __future__ import annotations

import numpy as np
import pytest
from oracles import DTYPES, MEMORY, assert_golden, assert_same, random_image, rounded

import pixlane as px

TAPS = np.array([1, 4, 6, 4, 1], np.float64)


def formula(image: np.ndarray) -> np.ndarray:
    height, width = image.shape[:2]
    grid = np.zeros((2 * height, 2 * width, *image.shape[2:]))
    grid[::2, ::2] = image
    padded = np.pad(grid, ((2, 2), (2, 2), (0, 0)), mode="reflect")
    total = np.zeros(grid.shape)
    for i in range(5):
        for j in range(5):
            total += TAPS[i] * TAPS[j] * padded[i : i + 2 * height, j : j + 2 * width]
    return total / 64


def test_by_hand(backend: str) -> None:
    # Even: (left + 6 here + right) / 8; odd: the mean of two. The grid is mirrored: left of 0 is 80, right of 160 is
    # 160 again.
    assert_golden(px.pyramid_up(np.array([[0, 80, 160]], np.uint8))[0], [20, 40, 80, 120, 150, 160])
    assert_golden(px.pyramid_up(np.array([[7]], np.uint8)), [[7, 7], [7, 7]])


@pytest.mark.sample
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_formula(backend: str, rng: np.random.Generator, dtype: str) -> None:
    for turn, width in enumerate((*range(1, 20), 31, 32, 33, 63, 64, 65, 130)):
        image = random_image(rng, (int(rng.integers(1, 30)), width, (1, 2, 3, 4, 5)[turn % 5]), dtype)
        have, real = px.pyramid_up(image), formula(image)
        if image.dtype.kind in "iu":
            assert_same(have, rounded(real, dtype), image.shape)
        else:
            tolerance = {"float16": 5e-4, "float32": 1e-6, "float64": 1e-15}[dtype]
            np.testing.assert_allclose(have, real, rtol=0, atol=tolerance)
        size = (2 * image.shape[0] - turn % 2, 2 * width - 1)
        assert_same(px.pyramid_up(image, size), have[: size[0], : size[1]].copy())


def test_like_opencv(backend: str, rng: np.random.Generator) -> None:
    cv2 = pytest.importorskip("cv2")
    for shape in ((40, 51, 3), (41, 50), (7, 9, 4)):
        height, width = shape[:2]
        for dtype in ("uint8", "uint16", "int16"):
            image = random_image(rng, shape, dtype)
            np.testing.assert_array_equal(px.pyramid_up(image), cv2.pyrUp(image))
            for size in ((2 * height, 2 * width - 1), (2 * height - 1, 2 * width), (2 * height - 1, 2 * width - 1)):
                np.testing.assert_array_equal(px.pyramid_up(image, size), cv2.pyrUp(image, dstsize=size[::-1]))


def test_memory_and_batches(backend: str, rng: np.random.Generator) -> None:
    image = random_image(rng, (17, 30, 3), "uint8")
    expected = px.pyramid_up(image)
    for name, memory in MEMORY.items():
        assert_same(px.pyramid_up(memory(image)), expected, name)
        out = memory(np.zeros_like(expected))
        px.pyramid_up(image, out=out)
        np.testing.assert_array_equal(out, expected)
    images = random_image(rng, (2, 17, 30, 3), "float32")
    planar = np.ascontiguousarray(images.transpose(0, 3, 1, 2))
    have = px.pyramid_up(planar, layout="NCHW")
    assert_same(np.ascontiguousarray(have.transpose(0, 2, 3, 1))[1], px.pyramid_up(images[1]))


def test_bad_input(backend: str) -> None:
    image = np.zeros((3, 5), np.uint8)
    for size in ((7, 10), (6, 8), (3, 5)):
        with pytest.raises(ValueError, match=r"size must be \(5 or 6, 9 or 10\) for an image of 3 x 5"):
            px.pyramid_up(image, size)
    with pytest.raises(TypeError, match="size must be"):
        px.pyramid_up(image, 6)
    with pytest.raises(ValueError, match="image has no pixels"):
        px.pyramid_up(image[:0])
