"""maximum_filter: the definition and SciPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from filter_oracles import BORDERS, SCIPY
from oracles import DTYPES, assert_same, random_image
from rank_oracles import ranked
from test_erode import noise

import pixlane as px


@pytest.mark.parametrize("dtype", ["bool", *DTYPES])
def test_the_definition(backend: str, rng: np.random.Generator, dtype: str) -> None:
    for turn in range(20):
        image = noise(rng, (int(rng.integers(1, 20)), int(rng.integers(1, 120)), (1, 3, 4, 2)[turn % 4]), dtype)
        height, width = (int(side) for side in rng.integers(1, 8, 2))
        mask: Any = np.ones((height, width), bool) if turn % 2 else rng.random((height, width)) < 0.5
        mask[rng.integers(height), rng.integers(width)] = True
        anchor = (int(rng.integers(width)), int(rng.integers(height)))
        border = (BORDERS[rng.integers(5)], BORDERS[rng.integers(5)])
        have = px.maximum_filter(image, mask, anchor=anchor, border=border, value=1)
        assert_same(have, ranked(image, mask, -1, anchor, border, 1), (mask.astype(int).tolist(), border))


@pytest.mark.parametrize("border", BORDERS)
def test_like_scipy(backend: str, rng: np.random.Generator, border: str) -> None:
    ndimage = pytest.importorskip("scipy.ndimage")
    image = random_image(rng, (19, 24), "uint16")
    for size in ((3, 3), (4, 5), (9, 1), (30, 41)):
        expected = ndimage.maximum_filter(image, size, mode=SCIPY[border], cval=7)
        assert_same(px.maximum_filter(image, size, border=border, value=7), expected, size)
        mask = np.random.default_rng(1).random(size) < 0.3
        mask[0, 0] = True
        expected = ndimage.maximum_filter(image, footprint=mask, mode=SCIPY[border], cval=7)
        assert_same(px.maximum_filter(image, mask, border=border, value=7), expected, size)


def test_bad_input(backend: str) -> None:
    with pytest.raises(TypeError, match="footprint is missing"):
        px.maximum_filter(np.zeros((3, 3), np.uint8), None)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="out overlaps the input"):
        px.maximum_filter(image := np.zeros((3, 3), np.uint8), 3, out=image)
