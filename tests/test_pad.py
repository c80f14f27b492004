"""pad: numpy.pad in every border, dtype and layout."""

from __future__ import annotations

import numpy as np
import oracles
import pytest
from oracles import MEMORY, assert_golden, assert_same, random_image

import pixlane as px

BORDERS = ("constant", "edge", "reflect", "symmetric", "wrap")
DTYPES = (*oracles.DTYPES, "bool", "int8", "int32", "uint32", "int64", "uint64")


def test_by_hand(backend: str) -> None:
    row = np.array([[1, 2, 3]], np.uint8)
    expected = {
        "constant": [9, 9, 9, 9, 1, 2, 3, 9, 9, 9, 9],
        "edge": [1, 1, 1, 1, 1, 2, 3, 3, 3, 3, 3],
        "reflect": [1, 2, 3, 2, 1, 2, 3, 2, 1, 2, 3],
        "symmetric": [3, 3, 2, 1, 1, 2, 3, 3, 2, 1, 1],
        "wrap": [3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1],
    }
    for border, pixels in expected.items():
        assert_golden(px.pad(row, (4, 0, 4, 0), border=border, value=9), [pixels])
    assert_golden(px.pad(row, 1), [[0, 0, 0, 0, 0], [0, 1, 2, 3, 0], [0, 0, 0, 0, 0]])


@pytest.mark.sample
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("border", BORDERS)
def test_like_numpy(backend: str, rng: np.random.Generator, border: str, dtype: str) -> None:
    for turn, width in enumerate((1, 2, 3, 4, 7, 15, 16, 17, 31, 33, 63, 64, 65, 130)):
        height, channels = int(rng.integers(1, 20)), (1, 2, 3, 4, 5, 9)[turn % 6]
        image = random_image(rng, (height, width, channels), dtype)
        left, top, right, bottom = (int(side) for side in rng.integers(0, 90, 4) * rng.integers(0, 2, 4))
        sides = ((top, bottom), (left, right), (0, 0))
        expected = np.pad(image, sides, mode=border)
        assert_same(px.pad(image, (left, top, right, bottom), border=border), expected, (image.shape, sides))


def test_values(backend: str) -> None:
    image = np.zeros((2, 2, 3), np.uint8)
    assert px.pad(image, 1, value=(1, 2, 254.5))[0, 0].tolist() == [1, 2, 255]
    assert px.pad(image.astype(np.float32), 1, value=0.1)[0, 0, 0] == np.float32(0.1)
    assert px.pad(image.astype(np.int64), 1, value=2.0**53 - 1)[0, 0, 0] == 2**53 - 1
    assert px.pad(image.astype(np.int16), 1, value=-2.5)[0, 0, 0] == -2
    assert px.pad(image.astype(bool), 1, value=1)[0, 0].all()
    for dtype in ("int64", "uint64"):  # beyond what float64 holds
        for value in (2**53 + 1, np.iinfo(dtype).max, np.iinfo(dtype).min):
            assert px.pad(image.astype(dtype), 1, value=value)[0, 0, 0] == value
    for value in (np.nan, np.inf, -np.inf):
        np.testing.assert_array_equal(px.pad(image.astype(np.float16), 1, value=value)[0, 0], np.float16(value))
    for dtype, value in (("float16", 70000), ("float32", -1e39), ("float16", 65520.0)):
        with pytest.raises(ValueError, match=f"value must be within the range of {dtype}, got"):
            px.pad(image.astype(dtype), 1, value=value)
    with pytest.raises(ValueError, match="value must be from 0 to 18446744073709551615 for uint64 images"):
        px.pad(image.astype(np.uint64), 1, value=2**64)


@pytest.mark.parametrize("memory", MEMORY)
def test_memory_and_layouts(backend: str, rng: np.random.Generator, memory: str) -> None:
    for dtype in ("uint8", "uint16", "float32", "float64"):
        image = random_image(rng, (17, 30, 3), dtype)
        for border in BORDERS:
            expected = np.pad(image, ((3, 40), (5, 70), (0, 0)), mode=border)
            assert_same(px.pad(MEMORY[memory](image), (5, 3, 70, 40), border=border), expected)
            out = MEMORY[memory](np.zeros_like(expected))
            if out.flags.aligned:
                px.pad(image, (5, 3, 70, 40), border=border, out=out)
                np.testing.assert_array_equal(out, expected)
            planar = np.ascontiguousarray(image.transpose(2, 0, 1))[None]
            have = px.pad(planar, (5, 3, 70, 40), border=border, layout="NCHW")
            assert_same(have, np.ascontiguousarray(expected.transpose(2, 0, 1))[None])


def test_batches_and_empty(backend: str, rng: np.random.Generator) -> None:
    images = random_image(rng, (3, 9, 8, 3), "uint8")
    assert_same(px.pad(images, 2)[1], px.pad(images[1], 2))
    assert px.pad(images[:0], 2).shape == (0, 13, 12, 3)
    assert px.pad(images[..., :0], 2).shape == (3, 13, 12, 0)


@pytest.mark.parametrize(
    ("padding", "options", "error", "message"),
    [
        (-1, {}, ValueError, "padding must be at least 0"),
        ((1, 2, 3, -4), {}, ValueError, "padding must be at least 0"),
        ((1, 2), {}, ValueError, "padding must be an int or .left, top, right, bottom., got 2"),
        (1.5, {}, TypeError, "padding must be an int"),
        (True, {}, TypeError, "padding must be an int"),
        ((1, 2, 3, "4"), {}, TypeError, r"padding\[3\] must be an int"),
        (1, {"border": "mirror"}, ValueError, "border must be one of"),
        (1, {"value": 256}, ValueError, "value must be from 0 to 255 for uint8 images, got 256"),
        (1, {"value": (1, 2)}, ValueError, r"value must have 1 value or 3 \(one per channel\), got 2"),
        (1, {"value": np.nan}, ValueError, "value must be finite"),
        (2**62, {}, ValueError, r"padding=.* makes a side beyond 2\*\*31 - 1 of 4 x 5 pixels"),
        ((0, 2**31 - 4, 0, 0), {}, ValueError, r"makes a side beyond 2\*\*31 - 1"),
        (2**24, {}, MemoryError, "takes"),
    ],
)
def test_bad_input(backend: str, padding: object, options: dict, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        px.pad(np.zeros((4, 5, 3), np.uint8), padding, **options)
    with pytest.raises(ValueError, match="image has no pixels to pad"):
        px.pad(np.zeros((4, 0, 3), np.uint8), 1)
