"""rank_filter: the definition and SciPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from filter_oracles import BORDERS, SCIPY
from oracles import DTYPES, assert_golden, assert_same, random_image
from rank_oracles import ranked
from test_erode import noise

import pixlane as px


def test_by_hand(backend: str) -> None:
    image = np.array([[4, 2, 9, 1, 5]], np.uint8)
    assert_golden(px.rank_filter(image, 0, (1, 3), border="edge"), [[2, 2, 1, 1, 1]])
    assert_golden(px.rank_filter(image, 1, (1, 3), border="edge"), [[4, 4, 2, 5, 5]])
    assert_golden(px.rank_filter(image, 2, (1, 3), border="edge"), [[4, 9, 9, 9, 5]])
    assert_golden(px.rank_filter(image, -2, [[1, 0, 1]], border="edge"), [[2, 4, 1, 5, 1]])


@pytest.mark.parametrize("dtype", ["bool", *DTYPES])
def test_the_definition(backend: str, rng: np.random.Generator, dtype: str) -> None:
    for turn in range(20):
        image = noise(rng, (int(rng.integers(1, 20)), int(rng.integers(1, 120)), (1, 3, 4, 2)[turn % 4]), dtype)
        height, width = (int(side) for side in rng.integers(1, 8, 2))
        mask: Any = np.ones((height, width), bool) if turn % 2 else rng.random((height, width)) < 0.5
        mask[rng.integers(height), rng.integers(width)] = True
        count = int(mask.sum())
        rank = (0, -1, -count, count - 1, int(rng.integers(-count, count)))[turn % 5]
        anchor = (int(rng.integers(width)), int(rng.integers(height)))
        border = (BORDERS[rng.integers(5)], BORDERS[rng.integers(5)])
        have = px.rank_filter(image, rank, mask, anchor=anchor, border=border, value=1)
        assert_same(have, ranked(image, mask, rank, anchor, border, 1), (mask.astype(int).tolist(), rank, border))


@pytest.mark.parametrize("border", BORDERS)
def test_like_scipy(backend: str, rng: np.random.Generator, border: str) -> None:
    ndimage = pytest.importorskip("scipy.ndimage")
    image = random_image(rng, (19, 24), "uint16")
    for size in ((3, 3), (4, 5), (9, 1)):
        for rank in (0, 1, 2, 5, 8, -1, -3):
            expected = ndimage.rank_filter(image, rank, size, mode=SCIPY[border], cval=7)
            assert_same(px.rank_filter(image, rank, size, border=border, value=7), expected, (size, rank))


def test_bad_input(backend: str) -> None:
    image = np.zeros((4, 5, 3), np.uint8)
    for rank in (9, -10):
        with pytest.raises(ValueError, match=f"rank must be from -9 to 8 in a neighbourhood of 9 pixels, got {rank}"):
            px.rank_filter(image, rank, 3)
    with pytest.raises(TypeError, match="rank must be an int"):
        px.rank_filter(image, 1.0, 3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="out overlaps the input"):
        px.rank_filter(image, 1, 3, out=image)
