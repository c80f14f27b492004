"""transpose: from every layout to every other."""

from __future__ import annotations

import itertools

import numpy as np
import oracles
import pytest
from oracles import MEMORY, assert_golden, assert_same, random_image

import pixlane as px

LAYOUTS = ("HW", "HWC", "CHW", "NHW", "NHWC", "NCHW")
DTYPES = (*oracles.DTYPES, "bool", "int64")


def test_by_hand(backend: str) -> None:
    image = np.array([[[1, 2, 3], [4, 5, 6]]], np.uint8)
    assert_golden(px.transpose(image, "CHW"), [[[1, 4]], [[2, 5]], [[3, 6]]])
    assert_golden(px.transpose(px.transpose(image, "CHW"), "HWC", layout="CHW"), image)


@pytest.mark.parametrize(("source", "target"), list(itertools.product(LAYOUTS, LAYOUTS)))
def test_every_layout(backend: str, rng: np.random.Generator, source: str, target: str) -> None:
    sides = {"N": 2, "H": 5, "W": 7, "C": 3}
    sides = {k: v if k in source and k in target else 1 for k, v in sides.items()}
    image = random_image(rng, tuple(sides[k] for k in source), "uint8")
    full = image.transpose([source.index(k) for k in "NHWC" if k in source]).reshape([sides[k] for k in "NHWC"])
    expected = full.transpose(["NHWC".index(k) for k in (*target, *(k for k in "NHWC" if k not in target))])
    expected = expected.reshape([sides[k] for k in target]).copy()
    assert_same(px.transpose(image, target, layout=source), expected)
    empty = image.take([], axis=source.index("W"))
    assert px.transpose(empty, target, layout=source).size == 0


@pytest.mark.sample
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_width_and_channel(backend: str, rng: np.random.Generator, dtype: str) -> None:
    for turn, width in enumerate((*oracles.WIDTHS, 1000)):
        for channels in ((1, 2, 3, 4, 5, 9)[turn % 6], 3, 4):
            image = random_image(rng, (3, width, channels), dtype)
            planar = np.ascontiguousarray(image.transpose(2, 0, 1))
            assert_same(px.transpose(image, "CHW"), planar, (width, channels))
            assert_same(px.transpose(planar, "HWC", layout="CHW"), image, (width, channels))


@pytest.mark.parametrize("memory", MEMORY)
def test_memory(backend: str, rng: np.random.Generator, memory: str) -> None:
    for dtype in ("uint8", "uint16", "float32", "float64"):
        image = random_image(rng, (37, 70, 3), dtype)
        planar = np.ascontiguousarray(image.transpose(2, 0, 1))
        assert_same(px.transpose(MEMORY[memory](image), "CHW"), planar)
        out = MEMORY[memory](np.zeros_like(planar))
        if out.flags.aligned:
            px.transpose(image, "CHW", out=out)
            np.testing.assert_array_equal(out, planar)


def test_bad_input(backend: str) -> None:
    image = np.zeros((4, 5, 3), np.uint8)
    with pytest.raises(ValueError, match="layout_out='HW' has no place for axis C of image, which is 3 long"):
        px.transpose(image, "HW")
    with pytest.raises(ValueError, match="layout_out must be one of HW, HWC"):
        px.transpose(image, "CWH")
    with pytest.raises(TypeError, match="layout_out must be one of"):
        px.transpose(image, (2, 0, 1))
