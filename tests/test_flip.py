"""flip: pixels in the right places, whatever they are and wherever they lie."""

from __future__ import annotations

import numpy as np
import oracles
import pytest
from oracles import MEMORY, assert_golden, assert_same, random_image

import pixlane as px

DTYPES = (*oracles.DTYPES, "bool", "int8", "int32", "uint32", "int64", "uint64")
DIRECTIONS = {"horizontal": np.s_[:, ::-1], "vertical": np.s_[::-1], "both": np.s_[::-1, ::-1]}


def test_by_hand(backend: str) -> None:
    image = np.array([[1, 2, 3], [4, 5, 6]], np.uint8)
    assert_golden(px.flip(image), [[3, 2, 1], [6, 5, 4]])
    assert_golden(px.flip(image, "vertical"), [[4, 5, 6], [1, 2, 3]])
    assert_golden(px.flip(image, "both"), [[6, 5, 4], [3, 2, 1]])
    colours = np.array([[[1, 2, 3], [4, 5, 6]]], np.uint8)
    assert_golden(px.flip(colours), [[[4, 5, 6], [1, 2, 3]]])


@pytest.mark.sample
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("direction", DIRECTIONS)
def test_every_width_and_channel(backend: str, rng: np.random.Generator, direction: str, dtype: str) -> None:
    for turn, width in enumerate((*oracles.WIDTHS, 1000)):
        for channels in ((1, 2, 3, 4, 5, 9)[turn % 6], 3):
            image = random_image(rng, (3, width, channels), dtype)
            assert_same(px.flip(image, direction), image[DIRECTIONS[direction]].copy(), (width, channels))


@pytest.mark.parametrize("memory", MEMORY)
def test_memory(backend: str, rng: np.random.Generator, memory: str) -> None:
    for dtype in ("uint8", "uint16", "float32", "float64"):
        image = random_image(rng, (37, 70, 3), dtype)
        for direction, index in DIRECTIONS.items():
            assert_same(px.flip(MEMORY[memory](image), direction), image[index].copy())
            out = MEMORY[memory](np.zeros_like(image))
            if out.flags.aligned:
                px.flip(image, direction, out=out)
                np.testing.assert_array_equal(out, image[index])


def test_layouts_and_batches(backend: str, rng: np.random.Generator) -> None:
    images = random_image(rng, (2, 20, 33, 3), "uint8")
    assert_same(px.flip(images), images[:, :, ::-1].copy())
    planar = np.ascontiguousarray(images.transpose(0, 3, 1, 2))
    assert_same(px.flip(planar, layout="NCHW"), planar[..., ::-1].copy())
    assert_same(px.flip(planar, "vertical", layout="NCHW"), planar[:, :, ::-1].copy())
    assert_same(px.flip(images[..., 0], "both", layout="NHW"), images[:, ::-1, ::-1, 0].copy())
    for shape in ((0, 5), (5, 0), (0, 5, 5, 3), (5, 5, 0)):
        assert px.flip(np.zeros(shape, np.uint8)).shape == shape


def test_large(backend: str, rng: np.random.Generator) -> None:
    image = random_image(rng, (700, 900, 3), "uint8")
    for direction, index in DIRECTIONS.items():
        assert_same(px.flip(image, direction), image[index].copy())


def test_bad_input(backend: str) -> None:
    image = np.zeros((4, 5), np.uint8)
    with pytest.raises(
        ValueError, match=r"direction must be one of 'horizontal', 'vertical', 'both'.*did you mean 'both'"
    ):
        px.flip(image, "Both")
    with pytest.raises(TypeError, match=r"direction must be one of"):
        px.flip(image, 1)
    with pytest.raises(TypeError, match=r"direction must be one of"):
        px.flip(image, np.array(["horizontal", "both"]))
    with pytest.raises(ValueError, match=r"image must be at most 2\*\*31 - 1 pixels high and wide"):
        px.flip(np.broadcast_to(image[:1, :1], (1, 2**31)))
    with pytest.raises(ValueError, match="out overlaps the input"):
        px.flip(image, out=image)
    with pytest.raises(TypeError, match="has dtype complex64, accepted are bool, an integer"):
        px.flip(image.astype(np.complex64))
