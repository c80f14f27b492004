"""percentile_filter: by hand and SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from filter_oracles import BORDERS, SCIPY
from oracles import assert_golden, assert_same, random_image

import pixlane as px


def test_by_hand(backend: str) -> None:
    image = np.array([[4, 2, 9, 1, 5]], np.uint8)
    for percentile, expected in (
        (0, [2, 2, 1, 1, 1]),
        (33, [2, 2, 1, 1, 1]),
        (34, [4, 4, 2, 5, 5]),
        (-1, [4, 9, 9, 9, 5]),
    ):
        assert_golden(px.percentile_filter(image, percentile, (1, 3), border="edge"), [expected])


@pytest.mark.parametrize("border", BORDERS)
def test_like_scipy(backend: str, rng: np.random.Generator, border: str) -> None:
    ndimage = pytest.importorskip("scipy.ndimage")
    image = random_image(rng, (19, 24), "float32")
    for size in ((3, 3), (4, 5), (9, 1)):
        for percentile in (0, 10, 24.9, 25, 50, 77.7, 99.9, 100, -20, -100):
            expected = ndimage.percentile_filter(image, percentile, size, mode=SCIPY[border], cval=7)
            have = px.percentile_filter(image, percentile, size, border=border, value=7)
            assert_same(have, expected, (size, percentile))


def test_bad_input(backend: str) -> None:
    image = np.zeros((4, 5, 3), np.uint8)
    for percentile in (100.5, -101):
        with pytest.raises(ValueError, match="percentile must be from -100 to 100"):
            px.percentile_filter(image, percentile, 3)
    with pytest.raises(ValueError, match="percentile must be finite"):
        px.percentile_filter(image, float("nan"), 3)
    with pytest.raises(TypeError, match="percentile must be a"):
        px.percentile_filter(image, "half", 3)  # type: ignore[arg-type]
