"""sobel: derivatives exact in integers, SciPy's and OpenCV's; the magnitude against float64."""

from __future__ import annotations

import numpy as np
import pytest
from filter_oracles import BORDERS, assert_sum, weighted_sum
from oracles import DTYPES, MEMORY, assert_golden, assert_same, random_image

import pixlane as px

SMOOTH, DERIVATIVE = np.array((1, 2, 1), float), np.array((-1, 0, 1), float)
KERNELS = {"x": np.outer(SMOOTH, DERIVATIVE), "y": np.outer(DERIVATIVE, SMOOTH)}


def test_by_hand(backend: str) -> None:
    step = np.array([[0, 0, 10, 10]] * 3, np.uint8)
    total = 10 * SMOOTH.sum()
    assert_golden(px.sobel(step, "x")[1], [0, total, total, 0])
    assert_golden(px.sobel(step.T.copy(), "y")[:, 1], [0, total, total, 0])
    assert_golden(px.sobel(step, "y"), np.zeros((3, 4)))
    assert_golden(px.sobel(step)[1], [0, total, total, 0])


@pytest.mark.sample
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("result", [None, "int16", "uint8"])
def test_the_formula(backend: str, rng: np.random.Generator, dtype: str, result: str | None) -> None:
    for turn, width in enumerate((*range(1, 20), 31, 32, 33, 63, 64, 65, 130)):
        image = random_image(rng, (int(rng.integers(1, 30)), width, 1 + turn % 5), dtype)
        border = (BORDERS[turn % 5], BORDERS[(turn + 2) % 5])
        sums = {axis: weighted_sum(image, kernel, None, border, 1) for axis, kernel in KERNELS.items()}
        for axis, wanted in sums.items():
            have = px.sobel(image, axis, border=border, value=1, dtype=result)
            assert have.dtype == (result or ("float64" if dtype == "float64" else "float32"))
            assert_sum(have, wanted, image.dtype.kind in "iu", (image.shape, axis, border))
        have = px.sobel(image, border=border, value=1, dtype=result)
        length = np.hypot(sums["x"][0], sums["y"][0])
        if have.dtype.kind == "f":
            part = 2.0**-22 if have.dtype == np.float32 else 2.0**-50
            error = 4e-6 if dtype.startswith("float") and have.dtype == np.float32 else 1e-13
            magnitude = sums["x"][1] + sums["y"][1]
            assert (np.abs(have - length) <= part * length + error * magnitude).all(), image.shape
        else:
            limits = np.iinfo(have.dtype)
            assert np.abs(have - np.clip(length, limits.min, limits.max)).max() <= 1, image.shape


def test_like_opencv(backend: str, rng: np.random.Generator) -> None:
    cv2 = pytest.importorskip("cv2")
    image = random_image(rng, (40, 51, 3), "uint8")
    function = cv2.Sobel
    for axis, order in (("x", (1, 0)), ("y", (0, 1))):
        for depth, dtype in ((cv2.CV_32F, "float32"), (cv2.CV_16S, "int16"), (cv2.CV_8U, "uint8")):
            assert_same(px.sobel(image, axis, dtype=dtype), function(image, depth, *order))


def test_like_scipy(backend: str, rng: np.random.Generator) -> None:
    ndimage = pytest.importorskip("scipy.ndimage")
    image = rng.random((20, 30))
    for axis, number in (("y", 0), ("x", 1)):
        np.testing.assert_allclose(px.sobel(image, axis), ndimage.sobel(image, number, mode="mirror"), atol=1e-14)


def test_memory_batches_and_empty(backend: str, rng: np.random.Generator) -> None:
    image = random_image(rng, (17, 30, 3), "uint8")
    for axis in ("x", "magnitude"):
        expected = px.sobel(image, axis)
        for name, memory in MEMORY.items():
            assert_same(px.sobel(memory(image), axis), expected, name)
            out = memory(np.zeros_like(expected))
            if out.flags.aligned:
                assert px.sobel(image, axis, out=out) is out
                np.testing.assert_array_equal(out, expected)
        planar = np.ascontiguousarray(image.transpose(2, 0, 1))[None]
        have = px.sobel(planar, axis, layout="NCHW")
        assert_same(have, np.ascontiguousarray(expected.transpose(2, 0, 1))[None])
        assert px.sobel(np.zeros((0, 4, 5, 3), np.uint8), axis).shape == (0, 4, 5, 3)


def test_bad_input(backend: str) -> None:
    image = np.zeros((4, 5, 3), np.uint8)
    with pytest.raises(ValueError, match="axis must be one of 'x', 'y', 'magnitude', got 'z'"):
        px.sobel(image, "z")
    with pytest.raises(TypeError, match="axis must be one of"):
        px.sobel(image, 1)
    with pytest.raises(TypeError, match="dtype must be one of"):
        px.sobel(image, dtype="int64")
    with pytest.raises(TypeError, match="out has dtype uint8, the result has float32"):
        px.sobel(image, out=image)
    with pytest.raises(ValueError, match="out overlaps the input"):
        px.sobel(image, dtype="uint8", out=image)
