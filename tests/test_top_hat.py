"""top_hat: what an opening takes away, or a closing adds."""

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
    assert_golden(px.top_hat(np.array([[0, 5, 0, 0, 7, 7, 7, 0]], np.uint8), (1, 3)), [[0, 5, 0, 0, 0, 0, 0, 0]])
    have = px.top_hat(np.array([[9, 5, 9, 9, 7, 7, 7, 9]], np.uint8), (1, 3), dark=True)
    assert_golden(have, [[0, 4, 0, 0, 0, 0, 0, 0]])


@pytest.mark.parametrize("dtype", ["bool", *DTYPES])
@pytest.mark.parametrize("dark", [False, True])
def test_the_definition(backend: str, rng: np.random.Generator, dtype: str, dark: bool) -> None:
    for turn in range(12):
        image = noise(rng, (int(rng.integers(1, 24)), int(rng.integers(1, 90)), (1, 3, 4, 2)[turn % 4]), dtype)
        height, width = (int(side) for side in rng.integers(1, 7, 2))
        border = (BORDERS[rng.integers(5)], BORDERS[rng.integers(5)])
        mask: Any = np.ones((height, width), bool) if turn % 2 else rng.random((height, width)) < 0.5
        mask[rng.integers(height), rng.integers(width)] = True
        between = extreme(image, mask, dark, None, border, 1)
        found = extreme(between, mask, not dark, None, border, 1)
        expected = difference(found, image) if dark else difference(image, found)
        have = px.top_hat(image, mask, dark=dark, border=border, value=1)
        assert_same(have, expected, (mask.astype(int).tolist(), border))


def test_like_scipy(backend: str, rng: np.random.Generator) -> None:
    ndimage = pytest.importorskip("scipy.ndimage")
    image = random_image(rng, (40, 51), "uint8")
    for size in ((3, 3), (5, 8)):
        assert_same(px.top_hat(image, size, border="edge"), ndimage.white_tophat(image, size, mode="nearest"))
        assert_same(
            px.top_hat(image, size, dark=True, border="edge"), ndimage.black_tophat(image, size, mode="nearest")
        )


def test_memory(backend: str, rng: np.random.Generator) -> None:
    image = random_image(rng, (17, 30, 3), "uint16")
    expected = px.top_hat(image, 3)
    for name, place in MEMORY.items():
        assert_same(px.top_hat(place(image), 3), expected, name)
        out = place(np.zeros_like(image))
        if out.flags.aligned:
            assert px.top_hat(image, 3, out=out) is out
            np.testing.assert_array_equal(out, expected)
    with pytest.raises(ValueError, match="out overlaps the input"):
        px.top_hat(image, 3, out=image)
    with pytest.raises(TypeError, match="dark must be"):
        px.top_hat(image, 3, dark=1)
