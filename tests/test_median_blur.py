"""median_blur: the definition, SciPy, OpenCV; and that the networks sort."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from filter_oracles import BORDERS, SCIPY
from oracles import DTYPES, MEMORY, assert_golden, assert_same, random_image
from rank_oracles import ranked
from test_erode import SHAPES, noise, pixels_of

import pixlane as px


def test_by_hand(backend: str) -> None:
    image = np.array([[5, 3, 8], [7, 9, 1], [4, 6, 2]], np.uint8)
    # 5 5 3 5 5 3 7 7 9 is 3 3 5 5 5 5 7 7 9 in order, and so on.
    assert_golden(px.median_blur(image, 3, border="edge"), [[5, 5, 8], [5, 5, 3], [6, 4, 2]])
    assert_golden(px.median_blur(image, (1, 3), border="edge"), [[5, 5, 8], [7, 7, 1], [4, 4, 2]])
    # Of an even number the larger one of the middle.
    assert_golden(px.median_blur(image, (1, 2), anchor=(0, 0), border="edge"), [[5, 8, 8], [9, 9, 1], [6, 6, 2]])
    assert_golden(px.median_blur(image, 3, shape="cross", border="constant"), [[3, 5, 1], [5, 6, 2], [4, 4, 1]])
    assert_golden(px.median_blur(image, 1), image)


def test_order_of_floats(backend: str) -> None:
    nan, inf = np.nan, np.inf
    for dtype in ("float16", "float32", "float64"):
        image = np.array([[nan, 1, -0.0, 0.0, -0.0, nan, nan, inf, -inf]], dtype)
        expected = np.array([[nan, 1, 0.0, -0.0, 0.0, nan, nan, inf, -inf]], dtype)
        assert_same(px.median_blur(image, (1, 3), border="edge"), expected)


@pytest.mark.sample
@pytest.mark.parametrize("dtype", ["bool", *DTYPES])
@pytest.mark.parametrize("size", [1, 3, 5, 7, 0])
def test_the_definition(backend: str, rng: np.random.Generator, dtype: str, size: int) -> None:
    for turn in range(10):
        image = noise(rng, (int(rng.integers(1, 20)), int(rng.integers(1, 120)), (1, 3, 4, 2)[turn % 4]), dtype)
        height, width = (size, size) if size else (int(side) for side in rng.integers(1, 10 if turn else 20, 2))
        anchor = (int(rng.integers(width)), int(rng.integers(height)))
        border = (BORDERS[rng.integers(5)], BORDERS[rng.integers(5)])
        options: dict[str, Any] = {"anchor": anchor, "border": border, "value": 1}
        mask = np.ones((height, width), bool)
        if turn % 3 == 1 and not size:
            mask = rng.random((height, width)) < 0.5
            mask[rng.integers(height), rng.integers(width)] = True
            have = px.median_blur(image, mask, **options)
        elif turn % 3 == 2 and not size:
            shape = SHAPES[rng.integers(4)]
            mask = pixels_of(shape, height, width)
            have = px.median_blur(image, (height, width), shape=shape, **options)
        else:
            have = px.median_blur(image, (height, width), **options)
        assert_same(have, ranked(image, mask, int(mask.sum()) // 2, anchor, border, 1), (mask.astype(int), options))


@pytest.mark.parametrize("side", [3, 5])
def test_the_networks(backend: str, side: int) -> None:
    """What is right for every number of ones in each sorted column is right for all, by the 0-1 principle."""
    ones = np.array(list(itertools.product(range(side + 1), repeat=side)))
    images = (np.arange(side)[:, None] >= side - ones[:, None, :]).astype(np.uint8)
    middle = side // 2
    have = px.median_blur(images, side, layout="NHW")[:, middle, middle]
    np.testing.assert_array_equal(have, ones.sum(1) > side * side // 2)
    columns = np.array(list(itertools.product((0, 1), repeat=side)), np.uint8)  # and each column is sorted, any way
    images = np.repeat(columns[:, :, None], side, axis=2)
    have = px.median_blur(images, side, layout="NHW")[:, middle, middle]
    np.testing.assert_array_equal(have, columns.sum(1) > side // 2)


def test_the_network_of_seven(backend: str, rng: np.random.Generator) -> None:
    """Most of all: those around the middle, where something is decided."""
    ones = rng.integers(0, 8, (60000, 7))
    ones = ones[np.abs(ones.sum(1) - 24.5) < 4][: 20000 if backend == "native" else 500]
    images = (np.arange(7)[:, None] >= 7 - ones[:, None, :]).astype(np.uint8)
    row = images.transpose(1, 0, 2).reshape(7, -1)  # one after the other
    np.testing.assert_array_equal(px.median_blur(row, 7)[3, 3::7], ones.sum(1) > 24)
    images = rng.permuted(images, axis=1).transpose(1, 0, 2).reshape(7, -1)
    np.testing.assert_array_equal(px.median_blur(images, 7)[3, 3::7], ones.sum(1) > 24)


@pytest.mark.parametrize("border", BORDERS)
def test_like_scipy(backend: str, rng: np.random.Generator, border: str) -> None:
    ndimage = pytest.importorskip("scipy.ndimage")
    mode: Any = {"mode": SCIPY[border], "cval": 7}
    for dtype in ("uint8", "int16", "float64"):
        for size in ((1, 1), (3, 3), (5, 5), (7, 7), (4, 6), (2, 2), (15, 15), (17, 16), (1, 21)):
            image = random_image(rng, (19, 24), dtype)
            expected = ndimage.median_filter(image, size, **mode)
            assert_same(px.median_blur(image, size, border=border, value=7), expected, (dtype, size))
            mask = rng.random(size) < 0.5
            mask[0, 0] = True
            expected = ndimage.median_filter(image, footprint=mask, **mode)
            assert_same(px.median_blur(image, mask, border=border, value=7), expected, (dtype, mask))


def test_like_opencv(backend: str, rng: np.random.Generator) -> None:
    cv2 = pytest.importorskip("cv2")
    for dtype, sizes in (("uint8", (3, 5, 7, 15)), ("uint16", (3, 5)), ("int16", (3, 5)), ("float32", (3, 5))):
        image = random_image(rng, (40, 51, 3), dtype)
        for size in sizes:
            assert_same(px.median_blur(image, size, border="edge"), cv2.medianBlur(image, size), (dtype, size))


def test_many_samples(backend: str, rng: np.random.Generator) -> None:
    """More than a lane of its dtype counts."""
    image = random_image(rng, (6, 40), "uint8")
    for size in ((15, 17), (16, 16), (16, 17), (1, 255), (1, 257), (3, 400)):
        expected = ranked(image[..., None], np.ones(size), size[0] * size[1] // 2)[..., 0]
        assert_same(px.median_blur(image, size), expected, size)
    if backend == "native":
        image = random_image(rng, (3, 70), "int16")
        for size in ((257, 255), (256, 256), (256, 258)):
            have = px.median_blur(image, size, border="symmetric")
            with px.use_backend("reference"):
                assert_same(have, px.median_blur(image, size, border="symmetric"), size)


@pytest.mark.parametrize("memory", MEMORY)
def test_memory_and_layouts(backend: str, rng: np.random.Generator, memory: str) -> None:
    for dtype in ("uint8", "float16", "float32"):
        image = noise(rng, (17, 30, 3), dtype)
        for size in (3, (2, 5)):
            expected = px.median_blur(image, size)
            assert_same(px.median_blur(MEMORY[memory](image), size), expected)
            out = MEMORY[memory](np.zeros_like(expected))
            if out.flags.aligned:
                assert px.median_blur(image, size, out=out) is out
                np.testing.assert_array_equal(out, expected)
            planar = np.ascontiguousarray(image.transpose(2, 0, 1))[None]
            have = px.median_blur(planar, size, layout="NCHW")
            assert_same(have, np.ascontiguousarray(expected.transpose(2, 0, 1))[None])


def test_batches_values_and_empty(backend: str, rng: np.random.Generator) -> None:
    images = random_image(rng, (2, 17, 30, 3), "uint8")
    value = (3, 200, 90)
    for size in (3, (4, 3)):
        assert_same(px.median_blur(images, size)[1], px.median_blur(images[1], size))
        planes = [px.median_blur(images[0, ..., c], size, border="constant", value=value[c]) for c in range(3)]
        have = px.median_blur(images[0], size, border="constant", value=value)
        assert_same(have, np.stack(planes, axis=-1))
        for shape in ((0, 5, 5, 3), (2, 0, 5, 3), (2, 5, 0, 3), (2, 5, 5, 0)):
            assert px.median_blur(np.zeros(shape, np.uint8), size).shape == shape


@pytest.mark.parametrize(
    ("footprint", "options", "error", "message"),
    [
        (None, {}, TypeError, "footprint is missing"),
        (0, {}, ValueError, "footprint must have sides from 1 to 1048576"),
        (5000, {}, ValueError, "footprint must have at most 16777216 pixels to be put in order, got 25000000"),
        (3.0, {}, ValueError, "footprint must be two-dimensional"),
        (np.zeros((3, 3)), {}, ValueError, "footprint is 0 throughout"),
        (3, {"shape": "disk"}, ValueError, "shape must be one of"),
        (3, {"anchor": (3, 0)}, ValueError, "anchor must be an element .x, y. of a footprint of 3 x 3"),
        (3, {"border": "mirror"}, ValueError, "border must be one of"),
        (3, {"value": -1}, ValueError, "value must be from 0 to 255"),
        (3, {"out": np.zeros((4, 5, 3), np.int16)}, TypeError, "out has dtype int16, the result has uint8"),
    ],
)
def test_bad_input(backend: str, footprint: Any, options: Any, error: type[Exception], message: str) -> None:
    image = np.zeros((4, 5, 3), np.uint8)
    with pytest.raises(error, match=message):
        px.median_blur(image, footprint, **options)
    with pytest.raises(ValueError, match="out overlaps the input"):
        px.median_blur(image, 3, out=image)
    with pytest.raises(TypeError, match="has dtype int32, accepted are bool, uint8"):
        px.median_blur(image.astype(np.int32), 3)
