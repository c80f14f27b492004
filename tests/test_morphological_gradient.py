"""morphological_gradient: dilation less erosion, clamped."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from filter_oracles import BORDERS
from morphology_oracles import difference, extreme
from oracles import DTYPES, MEMORY, assert_golden, assert_same, random_image
from test_erode import noise

import pixlane as px


def test_by_hand(backend: str) -> None:
    edge = np.array([[2, 2, 2, 9, 9, 9]], np.uint8)
    assert_golden(px.morphological_gradient(edge, (1, 3)), [[0, 0, 7, 7, 0, 0]])
    wide = np.array([[-30000, -30000, 30000, 30000]], np.int16)
    assert_golden(px.morphological_gradient(wide, (1, 3)), [[0, 32767, 32767, 0]])
    # Without the middle the largest may be below the least.
    point = np.array([[4, 4, 1, 4, 4]], np.uint8)
    assert_golden(px.morphological_gradient(point, [[1, 0, 0]]), [[0, 0, 0, 3, 0]])
    assert_golden(px.morphological_gradient(point.astype(np.int16), [[1, 0, 0]]), [[0, -3, 0, 3, 0]])


@pytest.mark.parametrize("dtype", ["bool", *DTYPES])
def test_the_definition(backend: str, rng: np.random.Generator, dtype: str) -> None:
    for turn in range(16):
        image = noise(rng, (int(rng.integers(1, 24)), int(rng.integers(1, 90)), (1, 3, 4, 2)[turn % 4]), dtype)
        height, width = (int(side) for side in rng.integers(1, 7, 2))
        border = (BORDERS[rng.integers(5)], BORDERS[rng.integers(5)])
        mask: Any = np.ones((height, width), bool) if turn % 2 else rng.random((height, width)) < 0.5
        mask[rng.integers(height), rng.integers(width)] = True
        parts = [extreme(image, mask, largest, None, border, 1) for largest in (True, False)]
        have = px.morphological_gradient(image, mask, border=border, value=1)
        assert_same(have, difference(*parts), (mask.astype(int).tolist(), border))


def test_like_opencv(backend: str, rng: np.random.Generator) -> None:
    cv2 = pytest.importorskip("cv2")
    for dtype in ("uint8", "uint16", "float32"):
        image = random_image(rng, (40, 51, 3), dtype)
        for size in (3, 5):
            kernel = np.ones((size, size))
            expected = cv2.morphologyEx(image, cv2.MORPH_GRADIENT, kernel, borderType=cv2.BORDER_REPLICATE)
            assert_same(px.morphological_gradient(image, size, border="edge"), expected, size)


def test_memory(backend: str, rng: np.random.Generator) -> None:
    image = random_image(rng, (17, 30, 3), "uint16")
    expected = px.morphological_gradient(image, 3)
    for name, place in MEMORY.items():
        assert_same(px.morphological_gradient(place(image), 3), expected, name)
        out = place(np.zeros_like(image))
        if out.flags.aligned:
            assert px.morphological_gradient(image, 3, out=out) is out
            np.testing.assert_array_equal(out, expected)
    with pytest.raises(ValueError, match="out overlaps the input"):
        px.morphological_gradient(image, 3, out=image)
