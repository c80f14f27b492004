"""opening: erode and then dilate, what follows from that, and other libraries."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from filter_oracles import BORDERS
from morphology_oracles import extreme
from oracles import DTYPES, MEMORY, assert_golden, assert_same, random_image
from test_erode import noise

import pixlane as px


def test_by_hand(backend: str) -> None:
    image = np.array([[0, 5, 0, 0, 7, 7, 7, 0]], np.uint8)
    assert_golden(px.opening(image, (1, 3)), [[0, 0, 0, 0, 7, 7, 7, 0]])
    # The footprint need not be symmetric: pairs of pixels three apart stay where they are.
    assert_golden(px.opening(image, [[1, 0, 0, 1]], border="constant"), [[0, 5, 0, 0, 5, 0, 0, 0]])


@pytest.mark.sample
@pytest.mark.parametrize("dtype", ["bool", *DTYPES])
def test_the_definition(backend: str, rng: np.random.Generator, dtype: str) -> None:
    for turn in range(12):
        image = noise(rng, (int(rng.integers(1, 24)), int(rng.integers(1, 90)), (1, 3, 4, 2)[turn % 4]), dtype)
        height, width = (int(side) for side in rng.integers(1, 7, 2))
        anchor = (int(rng.integers(width)), int(rng.integers(height)))
        border = (BORDERS[rng.integers(5)], BORDERS[rng.integers(5)])
        mask: Any = np.ones((height, width), bool) if turn % 2 else rng.random((height, width)) < 0.5
        mask[rng.integers(height), rng.integers(width)] = True
        between = extreme(image, mask, False, anchor, border, 1)
        expected = extreme(between, mask, True, anchor, border, 1)
        have = px.opening(image, mask, anchor=anchor, border=border, value=1)
        assert_same(have, expected, (mask.astype(int).tolist(), anchor, border))


def test_what_follows(backend: str, rng: np.random.Generator) -> None:
    """Far from the border: nowhere above the image, and a second one changes nothing, whatever the footprint."""
    for _ in range(20):
        image = random_image(rng, (30, 40), "uint8")
        mask: Any = rng.random((int(rng.integers(1, 5)), int(rng.integers(1, 5)))) < 0.6
        mask[0, 0] = True
        once = px.opening(image, mask)
        twice = px.opening(once, mask)
        inside = (slice(8, -8), slice(8, -8))
        assert (once <= image)[inside].all()
        assert_same(twice[inside], once[inside], mask)


def test_like_others(backend: str, rng: np.random.Generator) -> None:
    cv2 = pytest.importorskip("cv2")
    ndimage = pytest.importorskip("scipy.ndimage")
    image = random_image(rng, (40, 51, 3), "uint8")
    for size in (3, 7):
        border = {"border": "constant", "value": 0}
        expected = cv2.morphologyEx(
            image, cv2.MORPH_OPEN, np.ones((size, size)), borderType=cv2.BORDER_CONSTANT, borderValue=(0, 0, 0)
        )
        assert_same(px.opening(image, size, **border), expected, size)
        expected = ndimage.grey_opening(image[..., 0], (size, size + 1), mode="nearest")
        assert_same(px.opening(image[..., 0], (size, size + 1), border="edge"), expected, size)


def test_memory(backend: str, rng: np.random.Generator) -> None:
    image = random_image(rng, (17, 30, 3), "uint16")
    expected = px.opening(image, 3)
    for name, place in MEMORY.items():
        assert_same(px.opening(place(image), 3), expected, name)
        out = place(np.zeros_like(image))
        if out.flags.aligned:
            assert px.opening(image, 3, out=out) is out
            np.testing.assert_array_equal(out, expected)
    for shape in ((0, 5, 5, 3), (2, 0, 5, 3), (2, 5, 0, 3), (2, 5, 5, 0)):
        assert px.opening(np.zeros(shape, np.uint8), 3).shape == shape
    with pytest.raises(ValueError, match="out overlaps the input"):
        px.opening(image, 3, out=image)
