"""pyramid_down: the formula in exact fractions, borders of numpy.pad, and OpenCV to the last bit."""

from __future__ import annotations

import numpy as np
import pytest
from oracles import DTYPES, MEMORY, assert_golden, assert_same, random_image, rounded

import pixlane as px

BORDERS = ("constant", "edge", "reflect", "symmetric", "wrap")
TAPS = np.array([1, 4, 6, 4, 1], np.float64)


def formula(image: np.ndarray, border: str = "reflect") -> np.ndarray:
    padded = np.pad(image.astype(np.float64), ((2, 2), (2, 2), (0, 0)), mode=border)
    height, width = image.shape[:2]
    total = np.zeros(image.shape)
    for i in range(5):
        for j in range(5):
            total += TAPS[i] * TAPS[j] * padded[i : i + height, j : j + width]
    return total[::2, ::2] / 256


def test_by_hand(backend: str) -> None:
    row = np.array([[0, 16, 32, 48, 64]], np.uint8)
    # 6 * 0 + 2 * 4 * 16 + 2 * 32 = 192, / 16 = 12.
    assert_golden(px.pyramid_down(row), [[12, 32, 52]])
    assert_golden(px.pyramid_down(row, border="edge"), [[6, 32, 58]])
    assert_golden(px.pyramid_down(np.array([[7]], np.uint8)), [[7]])


@pytest.mark.sample
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("border", BORDERS)
def test_the_formula(backend: str, rng: np.random.Generator, border: str, dtype: str) -> None:
    for turn, width in enumerate((*range(1, 20), 31, 32, 33, 63, 64, 65, 130)):
        image = random_image(rng, (int(rng.integers(1, 30)), width, (1, 2, 3, 4, 5)[turn % 5]), dtype)
        have, real = px.pyramid_down(image, border=border), formula(image, border)
        assert have.dtype == image.dtype
        if image.dtype.kind in "iu":
            assert_same(have, rounded(real, dtype), (image.shape, border))
        else:
            tolerance = {"float16": 5e-4, "float32": 1e-6, "float64": 1e-15}[dtype]
            np.testing.assert_allclose(have, real, rtol=0, atol=tolerance)


def test_like_opencv(backend: str, rng: np.random.Generator) -> None:
    cv2 = pytest.importorskip("cv2")
    for shape in ((40, 51, 3), (41, 50), (7, 9, 4)):
        for dtype in ("uint8", "uint16", "int16"):
            image = random_image(rng, shape, dtype)
            np.testing.assert_array_equal(px.pyramid_down(image), cv2.pyrDown(image))
        image = rng.random(shape)
        np.testing.assert_allclose(px.pyramid_down(image), cv2.pyrDown(image), atol=1e-14)


def test_values_memory_and_batches(backend: str, rng: np.random.Generator) -> None:
    image = random_image(rng, (17, 30, 3), "uint8")
    padded = np.full((21, 34, 3), (3, 200, 90), np.uint8)
    padded[2:-2, 2:-2] = image
    have = px.pyramid_down(image, border="constant", value=(3, 200, 90))
    assert_same(have, px.pyramid_down(padded)[1:-1, 1:-1].copy())
    expected = px.pyramid_down(image)
    for name, memory in MEMORY.items():
        assert_same(px.pyramid_down(memory(image)), expected, name)
        out = memory(np.zeros_like(expected))
        px.pyramid_down(image, out=out)
        np.testing.assert_array_equal(out, expected)
    images = random_image(rng, (2, 17, 30, 3), "float32")
    planar = np.ascontiguousarray(images.transpose(0, 3, 1, 2))
    have = px.pyramid_down(planar, layout="NCHW")
    assert_same(np.ascontiguousarray(have.transpose(0, 2, 3, 1))[1], px.pyramid_down(images[1]))
    assert px.pyramid_down(images[:0]).shape == (0, 9, 15, 3)


def test_bad_input(backend: str) -> None:
    with pytest.raises(ValueError, match="image has no pixels"):
        px.pyramid_down(np.zeros((0, 5), np.uint8))
    with pytest.raises(ValueError, match="border must be one of"):
        px.pyramid_down(np.zeros((5, 5), np.uint8), border="mirror")
    with pytest.raises(TypeError, match="has dtype bool"):
        px.pyramid_down(np.zeros((5, 5), bool))
