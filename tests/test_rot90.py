"""rot90: quarter turns of every pixel size, tile and memory."""

from __future__ import annotations

import numpy as np
import oracles
import pytest
from oracles import MEMORY, assert_golden, assert_same, random_image

import pixlane as px

DTYPES = (*oracles.DTYPES, "bool", "int64")


def test_by_hand(backend: str) -> None:
    image = np.array([[1, 2, 3], [4, 5, 6]], np.uint8)
    assert_golden(px.rot90(image), [[3, 6], [2, 5], [1, 4]])
    assert_golden(px.rot90(image, -1), [[4, 1], [5, 2], [6, 3]])
    assert_golden(px.rot90(image, 2), [[6, 5, 4], [3, 2, 1]])
    assert_golden(px.rot90(image, 4), image)


@pytest.mark.sample
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_shape(backend: str, rng: np.random.Generator, dtype: str) -> None:
    sides = (*range(1, 20), 31, 32, 33, 63, 64, 65, 127, 130)
    for turn, width in enumerate(sides):
        height = sides[(7 * turn + 3) % len(sides)]
        for channels in ((1, 2, 3, 4, 5, 9)[turn % 6], 1, 3):
            image = random_image(rng, (height, width, channels), dtype)
            for k in (1, 2, 3):
                assert_same(px.rot90(image, k), np.rot90(image, k).copy(), (height, width, channels, k))


@pytest.mark.parametrize("memory", MEMORY)
def test_memory(backend: str, rng: np.random.Generator, memory: str) -> None:
    for dtype in ("uint8", "uint16", "float32", "float64"):
        image = random_image(rng, (37, 70, 3), dtype)
        for k in range(4):
            expected = np.rot90(image, k).copy()
            assert_same(px.rot90(MEMORY[memory](image), k), expected)
            out = MEMORY[memory](np.zeros_like(expected))
            if out.flags.aligned:
                px.rot90(image, k, out=out)
                np.testing.assert_array_equal(out, expected)


def test_layouts_and_batches(backend: str, rng: np.random.Generator) -> None:
    images = random_image(rng, (2, 20, 33, 3), "uint8")
    for k in (-7, 1, 2, 3, 10**30):
        expected = np.rot90(images, k % 4, (1, 2)).copy()
        assert_same(px.rot90(images, k), expected)
        planar = np.ascontiguousarray(images.transpose(0, 3, 1, 2))
        assert_same(px.rot90(planar, k, layout="NCHW"), np.ascontiguousarray(expected.transpose(0, 3, 1, 2)))
    assert px.rot90(np.zeros((0, 5, 3), np.uint8)).shape == (5, 0, 3)


def test_large(backend: str, rng: np.random.Generator) -> None:
    for shape in ((1080, 700, 3), (513, 1025), (300, 400, 4)):
        image = random_image(rng, shape, "uint8")
        assert_same(px.rot90(image), np.rot90(image).copy())


def test_bad_input(backend: str) -> None:
    with pytest.raises(TypeError, match="k must be an int"):
        px.rot90(np.zeros((4, 5), np.uint8), 1.0)
    with pytest.raises(ValueError, match="out has shape"):
        px.rot90(np.zeros((4, 5), np.uint8), out=np.zeros((4, 5), np.uint8))
