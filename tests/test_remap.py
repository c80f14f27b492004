"""remap: maps of every kind, against the formula, cases worked out by hand, and other libraries."""

from __future__ import annotations

from typing import Any

import numpy as np
import oracles
import pytest
import warp_oracles as warps
from oracles import DTYPES, assert_golden, assert_same, random_image
from warp_oracles import BORDERS, INTERPOLATIONS

import pixlane as px


def maps(rng: np.random.Generator, shape: tuple[int, ...], size: tuple[int, int]) -> tuple[Any, Any]:
    """Points anywhere around an image, some of them on pixels."""
    x, y = (rng.uniform(-5, side + 5, size) for side in (shape[1], shape[0]))
    whole = rng.random(size) < 0.2
    return np.where(whole, np.floor(x), x), np.where(whole, np.floor(y), y)


@pytest.mark.sample
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
@pytest.mark.parametrize("border", BORDERS)
def test_the_formula(backend: str, rng: np.random.Generator, border: str, interpolation: str, dtype: str) -> None:
    for _ in range(4):
        image = random_image(rng, (int(rng.integers(1, 40)), int(rng.integers(1, 70)), 3), dtype)
        x, y = maps(rng, image.shape, (int(rng.integers(1, 40)), int(rng.integers(1, 130))))
        for kind in ("float64", "float32"):
            points = x.astype(kind), y.astype(kind)
            wide = points[0].astype(float), points[1].astype(float)
            real = warps.sample(image, wide, interpolation, border, 1)
            have = px.remap(image, *points, interpolation=interpolation, border=border, value=1)
            if interpolation == "nearest":
                sure = warps.tie_free(wide)
                np.testing.assert_array_equal(have[sure], real[sure].astype(dtype))
            else:
                warps.assert_close(have, real, (kind, image.shape, x.shape))


def test_by_hand(backend: str) -> None:
    image = np.array([[0, 100], [200, 40]], np.uint8)
    x, y = np.array([[0.5, 0.0, 0.5, -0.5, 1.0]]), np.array([[0.0, 0.5, 0.5, 0.0, 1.0]])
    assert_golden(px.remap(image, x, y), [[50, 100, 85, 0, 40]])
    assert_golden(px.remap(image, x, y, value=50), [[50, 100, 85, 25, 40]])
    assert_golden(px.remap(image, x, y, interpolation="nearest"), [[100, 200, 40, 0, 40]])


def test_points_that_are_nowhere(backend: str) -> None:
    image = np.arange(1, 13, dtype=np.uint8).reshape(3, 4)
    bad = [np.nan, np.inf, -np.inf, 1e300, -1e300, 2.0**31, -(2.0**31), 2.0**63, 1e10]
    x, y = np.array([bad + [1.0] * len(bad)]), np.array([[1.0] * len(bad) + bad])
    for dtype in DTYPES:
        for interpolation in INTERPOLATIONS:
            have = px.remap(image.astype(dtype), x, y, interpolation=interpolation, value=77)
            assert (have == 77).all(), (dtype, interpolation)
            have = px.remap(image.astype(dtype), x, y, interpolation=interpolation, border="edge", value=77)
            assert have[0, 0] == have[0, len(bad)] == 77
            assert_golden(have[:, 1:9], [[8, 5, 8, 5, 8, 5, 8, 8]])
            assert_golden(have[:, 10:], [[10, 2, 10, 2, 10, 2, 10, 10]])
            for border in ("reflect", "symmetric", "wrap"):
                have = px.remap(image.astype(dtype), x, y, interpolation=interpolation, border=border)
                assert np.isfinite(have.astype(float)).all()


def test_maps_of_float32_and_float64_agree(backend: str, rng: np.random.Generator) -> None:
    image = random_image(rng, (50, 60, 3), "uint8")
    x, y = (m.astype(np.float32) for m in maps(rng, image.shape, (40, 90)))
    x[0, :8] = [0.5, -0.5, 2.0**-15, -(2.0**-15), 3 * 2.0**-15, 2.0**-30, -(2.0**-30), 0.49999997]
    for dtype in DTYPES:
        for interpolation in INTERPOLATIONS:
            narrow = px.remap(image.astype(dtype), x, y, interpolation=interpolation)
            wide = px.remap(image.astype(dtype), x.astype(float), y.astype(float), interpolation=interpolation)
            assert_same(narrow, wide)


def test_compact_maps(backend: str, rng: np.random.Generator) -> None:
    image = random_image(rng, (50, 60, 3), "uint8")
    x, y = maps(rng, image.shape, (40, 90))
    small = px.matrix.compact_map(x, y)
    assert small[0].dtype == np.int32
    for interpolation in ("bilinear", "bicubic"):
        assert_same(
            px.remap(image, *small, interpolation=interpolation), px.remap(image, x, y, interpolation=interpolation)
        )
    # An integer is the point that it stands for, in every arithmetic.
    for dtype in ("uint16", "float32", "float64"):
        for interpolation in INTERPOLATIONS:
            exact = [one.astype(float) / 16384 for one in small]
            have = px.remap(image.astype(dtype), *small, interpolation=interpolation)
            assert_same(have, px.remap(image.astype(dtype), *exact, interpolation=interpolation))
    lost = px.matrix.compact_map(np.array([[np.nan, np.inf, -1e9]]), np.zeros((1, 3)))
    assert (px.remap(image, *lost, value=7) == 7).all()


def test_relative(backend: str, rng: np.random.Generator) -> None:
    image = random_image(rng, (50, 60, 3), "uint8")
    dx, dy = rng.normal(0, 3, (2, 40, 90))
    x, y = warps.grid(40, 90)
    assert_same(px.remap(image, dx, dy, relative=True), px.remap(image, x + dx, y + dy))
    zero = np.zeros((50, 60), np.float32)
    assert_same(px.remap(image, zero, zero, relative=True), image)
    assert_same(px.remap(image, zero.astype(np.int32), zero.astype(np.int32), relative=True), image)


def test_batches_and_memory(backend: str, rng: np.random.Generator) -> None:
    images = random_image(rng, (3, 20, 30, 3), "uint8")
    x, y = rng.uniform(-2, 32, (2, 3, 11, 17))
    together = px.remap(images, x, y)
    for k in range(3):
        assert_same(together[k], px.remap(images[k], x[k], y[k]))
    alike = px.remap(images, x[0], y[0])
    assert_same(alike[2], px.remap(images[2], x[0], y[0]))
    expected = px.remap(images[0], x[0], y[0])
    for name, memory in oracles.MEMORY.items():
        if name != "planar":  # of three axes
            flat = memory(x[0][..., None])[..., 0], memory(y[0][..., None])[..., 0]
            assert_same(px.remap(images[0], *flat), expected, name)
    assert_same(px.remap(images[0], x[0].astype(">f8"), y[0].astype(">f8")), expected)
    planar = np.ascontiguousarray(np.moveaxis(images[0], -1, 0))
    assert_same(np.moveaxis(px.remap(planar, x[0], y[0], layout="CHW"), 0, -1).copy(), expected)


def test_like_opencv_and_scipy(backend: str, rng: np.random.Generator) -> None:
    ndimage = pytest.importorskip("scipy.ndimage")
    image = rng.random((40, 50))
    x, y = maps(rng, image.shape, (60, 70))
    theirs = ndimage.map_coordinates(image, [y, x], order=1, mode="grid-constant")
    np.testing.assert_allclose(px.remap(image, x, y), theirs, atol=1e-8)
    theirs = ndimage.map_coordinates(image, [y, x], order=1, mode="mirror")
    np.testing.assert_allclose(px.remap(image, x, y, border="reflect"), theirs, atol=1e-8)
    cv2 = pytest.importorskip("cv2")
    photograph = oracles.photograph()
    x, y = warps.grid(120, 150)
    x, y = (x + 5 * np.sin(y / 9)).astype(np.float32), (y + 5 * np.cos(x / 11)).astype(np.float32)
    theirs = cv2.remap(photograph, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    ours = px.remap(photograph, x, y, border="reflect")
    assert np.abs(ours.astype(int) - theirs).max() <= 8
    assert np.abs(ours.astype(int) - theirs).mean() < 0.3
