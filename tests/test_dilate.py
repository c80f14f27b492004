"""dilate: the definition, SciPy, OpenCV, and what it is to erode."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from filter_oracles import BORDERS, SCIPY
from morphology_oracles import extreme
from oracles import DTYPES, assert_golden, assert_same, random_image
from test_erode import noise

import pixlane as px


def test_by_hand(backend: str) -> None:
    point = np.array([[0, 0, 0, 7, 0, 0, 0]], np.uint8)
    assert_golden(px.dilate(point, (1, 3)), [[0, 0, 7, 7, 7, 0, 0]])
    # The footprint is put where the point is: two elements to its right, none to its left.
    assert_golden(px.dilate(point, [[1, 1, 1]], anchor=(0, 0)), [[0, 0, 0, 7, 7, 7, 0]])
    assert_golden(px.dilate(point, [[1, 0, 0, 1]], anchor=(1, 0)), [[0, 0, 7, 0, 0, 7, 0]])
    assert_golden(px.dilate(point, structure=[[1, 3, 250]], border="constant"), [[250, 250, 250, 250, 255, 250, 250]])
    assert_golden(px.dilate(point.astype(np.float32), structure=[[-5, 0, -4]], border="edge"), [[0, 0, 2, 7, 3, 0, 0]])


def test_order_of_floats(backend: str) -> None:
    nan, inf = np.nan, np.inf
    for dtype in ("float16", "float32", "float64"):
        image = np.array([[nan, 1, -0.0, 0.0, -inf, -0.0, -0.0, inf]], dtype)
        expected = np.array([[nan, nan, 1, 0.0, 0.0, -0.0, inf, inf]], dtype)
        assert_same(px.dilate(image, (1, 3), border="edge"), expected)


@pytest.mark.parametrize("dtype", ["bool", *DTYPES])
def test_the_definition(backend: str, rng: np.random.Generator, dtype: str) -> None:
    for turn in range(24):
        image = noise(rng, (int(rng.integers(1, 24)), int(rng.integers(1, 120)), (1, 3, 4, 2)[turn % 4]), dtype)
        height, width = (int(side) for side in rng.integers(1, 9 if turn % 5 else 30, 2))
        anchor = (int(rng.integers(width)), int(rng.integers(height)))
        border = (BORDERS[rng.integers(5)], BORDERS[rng.integers(5)])
        mask: Any = np.ones((height, width), bool) if turn % 2 else rng.random((height, width)) < 0.5
        mask[rng.integers(height), rng.integers(width)] = True
        have = px.dilate(image, mask, anchor=anchor, border=border, value=1)
        assert_same(have, extreme(image, mask, True, anchor, border, 1), (mask.astype(int).tolist(), anchor, border))
        if dtype != "bool":
            heights = rng.integers(-300, 300, (height, width))
            have = px.dilate(image, mask, structure=heights, anchor=anchor, border=border, value=1)
            assert_same(have, extreme(image, mask, True, anchor, border, 1, heights), (mask, anchor, border))


@pytest.mark.parametrize("border", BORDERS)
def test_like_scipy(backend: str, rng: np.random.Generator, border: str) -> None:
    ndimage = pytest.importorskip("scipy.ndimage")
    mode: Any = {"mode": SCIPY[border], "cval": 7}
    for height, width in ((1, 1), (1, 4), (3, 3), (4, 5), (6, 2), (7, 11), (23, 1)):
        image = random_image(rng, (9, 14), "uint8")
        expected = ndimage.grey_dilation(image, (height, width), **mode)
        assert_same(px.dilate(image, (height, width), border=border, value=7), expected, (height, width))
        mask = rng.random((height, width)) < 0.5
        mask[0, 0] = True
        expected = ndimage.grey_dilation(image, footprint=mask, **mode)
        assert_same(px.dilate(image, mask, border=border, value=7), expected, mask)
        heights = rng.integers(-50, 50, (height, width))
        expected = ndimage.grey_dilation(image.astype(float), structure=heights, **mode)
        assert_same(px.dilate(image.astype(float), structure=heights, border=border, value=7), expected, heights)


def test_like_opencv(backend: str, rng: np.random.Generator) -> None:
    cv2 = pytest.importorskip("cv2")
    for dtype in ("uint8", "uint16", "int16", "float32", "float64"):
        image = random_image(rng, (40, 51, 3), dtype)
        for size in ((3, 3), (5, 1), (1, 9), (31, 31)):
            expected = cv2.dilate(image, np.ones(size), borderType=cv2.BORDER_REFLECT_101)
            assert_same(px.dilate(image, size), expected, (dtype, size))


def test_dual_of_erosion(backend: str, rng: np.random.Generator) -> None:
    """Upside down in value, and mirrored in place, one is the other."""
    image = random_image(rng, (20, 31, 3), "uint8")
    for footprint in ([[1, 0, 1, 1]], [[1], [1], [0]], (4, 6)):
        if isinstance(footprint, tuple):
            mirrored: Any = np.ones(footprint)
        else:
            mirrored = np.array(footprint)[::-1, ::-1]
        height, width = mirrored.shape
        anchor = ((width - 1) // 2, (height - 1) // 2)
        assert_same(255 - px.dilate(255 - image, footprint), px.erode(image, mirrored, anchor=anchor), footprint)


def test_bad_input(backend: str) -> None:
    with pytest.raises(TypeError, match="footprint is missing"):
        px.dilate(np.zeros((3, 3), np.uint8))
    with pytest.raises(TypeError, match="image must be an array"):
        px.dilate([[1]], 3)
