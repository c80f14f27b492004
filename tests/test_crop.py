"""crop: views of whole pixels, samples of fractions."""

from __future__ import annotations

import numpy as np
import pytest
from oracles import assert_golden, assert_same, random_image

import pixlane as px


def test_whole_pixels_are_a_view(backend: str, rng: np.random.Generator) -> None:
    image = random_image(rng, (20, 30, 3), "uint8")
    for box in ((3, 4, 17, 9), (3.0, 4.0, 17.0, 9.0), [3, 4, 17, 9], np.array([3, 4, 17, 9])):
        part = px.crop(image, box)
        assert_same(part.copy(), image[4:9, 3:17].copy())
        assert part.base is image or part.base is image.base
        apart = px.crop(image, box, copy=True)
        assert_same(apart, image[4:9, 3:17].copy())
        assert not np.shares_memory(apart, image)
    out = np.zeros((5, 14, 3), np.uint8)
    assert px.crop(image, (3, 4, 17, 9), out=out) is out
    assert_same(out, image[4:9, 3:17].copy())
    for dtype in ("bool", "int8", "uint64", "float16"):
        assert_same(px.crop(image.astype(dtype), (0, 0, 1, 1)).copy(), image.astype(dtype)[:1, :1].copy())


def test_fractions(backend: str, rng: np.random.Generator) -> None:
    row = np.array([[0, 100, 200, 40]], np.uint8)
    assert_golden(px.crop(row, (0.5, 0, 3.5, 1)), [[50, 150, 120]])
    assert_golden(px.crop(row, (0.5, 0, 3.5, 1), interpolation="nearest"), [[100, 200, 40]])
    image = random_image(rng, (20, 30, 3), "uint8")
    for box in ((3.25, 4, 17.25, 9), (0.1, 0.2, 0.3, 0.4), (2.5, 3.5, 10, 19.9)):
        size = (max(1, int(box[3] - box[1] + 0.5)), max(1, int(box[2] - box[0] + 0.5)))
        for interpolation in ("bilinear", "nearest", "bicubic", "lanczos", "area"):
            expected = px.resize(image, size, box=box, interpolation=interpolation)
            assert_same(px.crop(image, box, interpolation=interpolation), expected)


def test_layouts(backend: str, rng: np.random.Generator) -> None:
    images = random_image(rng, (2, 3, 20, 30), "uint8")
    assert_same(px.crop(images, (3, 4, 17, 9), layout="NCHW").copy(), images[:, :, 4:9, 3:17].copy())
    half = px.crop(images, (3.5, 4, 17.5, 9), layout="NCHW")
    assert_same(half[1, 2], px.crop(images[1, 2], (3.5, 4, 17.5, 9)))


@pytest.mark.parametrize(
    ("box", "error", "message"),
    [
        ((0, 0, 6, 4), ValueError, "box must satisfy 0 <= left < right <= 5"),
        ((-1, 0, 5, 4), ValueError, "box must satisfy"),
        ((2, 0, 2, 4), ValueError, "box must satisfy"),
        ((0, 0, np.nan, 4), ValueError, r"box\[2\] must be finite"),
        ((0, 0, 4), ValueError, "box must be .left, top, right, bottom., got 3"),
        ("whole", TypeError, "box must be .left, top, right, bottom."),
    ],
)
def test_bad_input(backend: str, box: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        px.crop(np.zeros((4, 5), np.uint8), box)
    with pytest.raises(TypeError, match="copy must be True or False"):
        px.crop(np.zeros((4, 5), np.uint8), (0, 0, 1, 1), copy=1)
    with pytest.raises(TypeError, match='with interpolation="nearest" only'):
        px.crop(np.zeros((4, 5), bool), (0.5, 0, 1, 1))
