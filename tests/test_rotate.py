"""rotate: what it means, against formulas, cases worked out by hand, and other libraries."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import oracles
import pytest
import warp_oracles as warps
from numpy.typing import NDArray
from oracles import DTYPES, MEMORY, assert_golden, assert_same, random_image
from warp_oracles import BORDERS, INTERPOLATIONS

import pixlane as px

Image = NDArray[Any]


def formula(image: Image, angle: float, zoom: float = 1.0, **options: Any) -> tuple[Any, Any]:
    """The real-valued rotation about the middle, and the points that it looked at."""
    height, width = image.shape[:2]
    points = warps.through(warps.turned(angle, ((width - 1) / 2, (height - 1) / 2), zoom), (height, width))
    return warps.sample(image, points, **options), points


@pytest.mark.sample
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
@pytest.mark.parametrize("border", BORDERS)
def test_the_formula(backend: str, rng: np.random.Generator, border: str, interpolation: str, dtype: str) -> None:
    rounding = oracles.Rounding()
    value: Any = (0.5, 0.25, 1) if dtype.startswith("float") else (7, 100, 30)
    for angle in (0.01, 1, 15, 45, 89, 135.5, 180.3, -33, 271, 719):
        image = random_image(rng, (int(rng.integers(3, 60)), int(rng.integers(3, 90)), 3), dtype)
        real, points = formula(image, angle, interpolation=interpolation, border=border, value=value)
        have = px.rotate(image, angle, interpolation=interpolation, border=border, value=value)
        assert have.shape == image.shape
        assert have.dtype == image.dtype
        what = (angle, image.shape)
        if interpolation == "nearest":
            sure = warps.tie_free(points)
            np.testing.assert_array_equal(have[sure], real[sure].astype(dtype), str(what))
        else:
            warps.assert_close(have, real, what, rounding)
    if rounding.samples:
        assert (
            rounding.differing < 0.06 * rounding.samples
        )  # noise of full range; most of it lanczos, whose phases are coarser


def test_natural_images_are_mostly_the_rounding(backend: str) -> None:
    photograph = oracles.photograph()
    for interpolation, share in (("bilinear", 0.01), ("bicubic", 0.015), ("lanczos", 0.02)):
        rounding = oracles.Rounding()
        for angle in (3.0, 15.0, 62.0):
            real, _ = formula(photograph, angle, interpolation=interpolation)
            rounding.add(px.rotate(photograph, angle, interpolation=interpolation), real, angle, share=False)
        assert rounding.differing < share * rounding.samples, (interpolation, rounding.differing / rounding.samples)


def test_by_hand(backend: str) -> None:
    # A corner, turned by 45 degrees about the middle, lands at distance sqrt 2 on the axis.
    image = np.zeros((3, 3))
    image[0, 2] = 1.0  # upper right; counter-clockwise it goes to the top
    half = math.sqrt(0.5)
    # Pixel (1, 0) looks at (1 + half, 1 - half): weight half of column 2, half of row 0.
    have = px.rotate(image, 45)
    assert have[0, 1] == pytest.approx(half * half, abs=1e-9)
    # Pixel (2, 1) looks at (1 + half, 1 + half): nothing there.
    assert have[1, 2] == 0
    # Pixel (2, 0) looks at (1 + sqrt 2, 1), outside by 0.41421 of a pixel.
    image[1, 2] = 1.0
    assert px.rotate(image, 45)[0, 2] == pytest.approx(1 - (math.sqrt(2) - 1), abs=1e-9)


def test_quarter_turns(backend: str, rng: np.random.Generator) -> None:
    for dtype in DTYPES:
        for shape in ((5, 5, 3), (6, 6), (4, 9, 1), (9, 4, 4)):
            image = random_image(rng, shape, dtype)
            if image.dtype.kind == "f":
                image.flat[:3] = (np.nan, -0.0, np.inf)
            for interpolation in INTERPOLATIONS:
                for k in range(-5, 6):
                    turned = px.rotate(image, 90.0 * k, expand=True, interpolation=interpolation)
                    assert_same(turned, np.rot90(image, k).copy(), (dtype, shape, k))
                    if shape[0] == shape[1] or k % 2 == 0:
                        assert_same(px.rotate(image, 90 * k, interpolation=interpolation), np.rot90(image, k).copy())


def test_quarter_turns_that_do_not_fit(backend: str) -> None:
    """Between pixels, when the middle is one pixel's middle one way and an edge the other."""
    image = np.array([[0, 100]], np.uint8)
    # The middle (0.5, 0) stays; x and y of the result look at (0.5 - y, x - 0.5): half outside, half way.
    assert_golden(px.rotate(image, 90), [[25, 25]])
    assert_golden(px.rotate(image, 90, border="edge"), [[50, 50]])
    image = np.arange(12, dtype=np.uint8).reshape(2, 6)
    whole = px.rotate(image, 90, expand=True)
    np.testing.assert_array_equal(px.rotate(image, 90)[:, 2:4], whole[2:4])


@pytest.mark.parametrize("angle", [360.0, -720.0, 1e300, 90.0 * 2**60])
def test_angles_are_taken_modulo_a_turn(backend: str, photograph: Image, angle: float) -> None:
    assert_same(px.rotate(photograph, angle), px.rotate(photograph, math.fmod(angle, 360.0)))


def test_no_turn_is_the_image(backend: str, rng: np.random.Generator) -> None:
    for dtype in (*DTYPES, "bool", "int64"):
        image = random_image(rng, (7, 11, 3), dtype)
        have = px.rotate(image, 0, interpolation="nearest")
        assert_same(have, image)
        assert not np.shares_memory(have, image)


def test_expand(backend: str, rng: np.random.Generator) -> None:
    image = random_image(rng, (30, 50, 3), "uint8")
    have = px.rotate(image, 30, expand=True)
    wide = 50 * math.cos(math.pi / 6) + 30 * math.sin(math.pi / 6)
    high = 30 * math.cos(math.pi / 6) + 50 * math.sin(math.pi / 6)
    assert have.shape == (math.ceil(high), math.ceil(wide), 3)
    target = ((have.shape[1] - 1) / 2, (have.shape[0] - 1) / 2)
    points = warps.through(warps.turned(30, (24.5, 14.5), 1.0, target), have.shape[:2])
    warps.assert_close(have, warps.sample(image, points))
    assert_same(have, px.rotate(image, 30, expand=True, center=(3, 4)))
    # Nothing is lost: turned back, the middle is what it was.
    white = np.full((30, 50), 255, np.uint8)
    assert px.rotate(white, 30, expand=True).sum() == pytest.approx(255.0 * 30 * 50, rel=0.005)
    batch = px.rotate(np.stack([image, image]), [0, 90], expand=True)
    assert batch.shape == (2, 50, 50, 3)
    assert_same(batch[0, 10:40], image)
    assert_same(batch[1, :, 10:40], np.rot90(image).copy())


def test_center_and_zoom(backend: str, rng: np.random.Generator) -> None:
    image = random_image(rng, (30, 41, 3), "uint8")
    for center, zoom in (((0, 0), 1.0), ((40, 29), 2.5), ((-100, 7.5), 0.4), ((1e4, 1e4), 1.0)):
        points = warps.through(warps.turned(12, center, zoom), (30, 41))
        warps.assert_close(px.rotate(image, 12, center=center, zoom=zoom), warps.sample(image, points), (center, zoom))


def test_antialias_counts_every_pixel(backend: str) -> None:
    y, x = np.mgrid[0:128, 0:128]
    checkers = ((x + y) % 2 * 255).astype(np.uint8)
    plain = px.rotate(checkers, 30, zoom=0.25)[56:72, 56:72]
    smooth = px.rotate(checkers, 30, zoom=0.25, antialias=True)[56:72, 56:72]
    assert np.ptp(plain) > 100
    assert np.abs(smooth.astype(float) - 127.5).max() <= 2
    photograph = oracles.photograph()
    assert_same(px.rotate(photograph, 30, antialias=True), px.rotate(photograph, 30))
    assert_same(
        px.rotate(photograph, 30, zoom=0.3, antialias=True, interpolation="nearest"),
        px.rotate(photograph, 30, zoom=0.3, interpolation="nearest"),
    )
    # Not moved by the step in between: the picture is where it is without it.
    ramp = np.add.outer(np.arange(90.0), 2 * np.arange(120.0))
    for zoom in (0.5, 0.31, 0.9):
        one, two = (px.rotate(ramp, 20, zoom=zoom, antialias=a)[40:50, 50:70] for a in (False, True))
        np.testing.assert_allclose(one, two, atol=0.25)  # half a pixel would be 1 and more


def test_batches(backend: str, rng: np.random.Generator) -> None:
    images = random_image(rng, (3, 20, 30, 3), "uint8")
    angles = [10, -20.5, 90]
    together = px.rotate(images, angles, zoom=[1, 0.5, 2])
    for one, image, angle, zoom in zip(together, images, angles, (1, 0.5, 2), strict=True):
        assert_same(one, px.rotate(image, angle, zoom=zoom))
    assert_same(px.rotate(images, np.array([5.0]).repeat(3)), px.rotate(images, 5.0))
    small = px.rotate(images, angles, zoom=0.3, antialias=True)
    assert_same(small[1], px.rotate(images[1], -20.5, zoom=0.3, antialias=True))
    assert px.rotate(images[:0], 10).shape == (0, 20, 30, 3)
    assert px.rotate(images[:0], []).shape == (0, 20, 30, 3)
    assert px.rotate(images[..., :0], 10).shape == (3, 20, 30, 0)


def test_premultiply(backend: str, rng: np.random.Generator) -> None:
    for dtype in ("uint8", "uint16", "float32"):
        image = random_image(rng, (20, 30, 4), dtype)
        image[5:10, ..., 3] = 0
        values = image.astype(np.float64)
        values[..., :3] *= values[..., 3:]
        real, _ = formula(values, 15)
        have = px.rotate(image, 15, premultiply=True)
        alpha = real[..., 3:]
        seen = (alpha > 0.51 if dtype != "float32" else alpha > 1e-9)[..., 0]
        expected = real / np.where(alpha > 0, alpha, 1)
        expected[..., 3:] = alpha
        tolerance = 0.51 if dtype != "float32" else 1e-5
        assert np.abs(have[seen] - expected[seen]).max() <= tolerance
        unseen = (alpha < 0.49 if dtype != "float32" else alpha == 0)[..., 0]
        assert not have[unseen].any()


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic", "lanczos"])
def test_quarter_turns_of_premultiplied_pixels(
    backend: str, rng: np.random.Generator, dtype: str, interpolation: str
) -> None:
    image = random_image(rng, (11, 11, 4), dtype)
    image[..., 3] = np.where(rng.random((11, 11)) < 0.4, 0, image[..., 3] + 1)
    expected = image.copy()
    expected[image[..., 3] == 0] = 0
    for turns in range(-1, 5):
        have = px.rotate(image, 90 * turns, premultiply=True, interpolation=interpolation)
        assert_same(have, np.rot90(expected, turns).copy(), turns)
        matrix = px.matrix.rotation(90 * turns, (5, 5))
        assert_same(px.affine(image, matrix, premultiply=True, interpolation=interpolation), have, turns)
        assert_same(px.rotate(image, 90 * turns, interpolation=interpolation), np.rot90(image, turns).copy(), turns)
    nearest = px.rotate(image, 90, premultiply=True, interpolation="nearest")  # moves, and computes nothing
    assert_same(nearest, np.rot90(image).copy())


@pytest.mark.parametrize("memory", MEMORY)
def test_memory_and_layout(backend: str, rng: np.random.Generator, memory: str) -> None:
    image = random_image(rng, (21, 34, 3), "uint8")
    expected = px.rotate(image, 33)
    assert_same(px.rotate(MEMORY[memory](image), 33), expected)
    planar = np.ascontiguousarray(np.moveaxis(image, -1, 0))
    assert_same(np.moveaxis(px.rotate(planar, 33, layout="CHW"), 0, -1).copy(), expected)
    out = MEMORY[memory](np.zeros_like(image))
    if memory == "misaligned":
        assert px.rotate(image, 33, out=out) is out  # one byte samples have no alignment
    px.rotate(image, 33, out=out)
    np.testing.assert_array_equal(out, expected)


def test_coordinates_of_long_images(backend: str) -> None:
    """A step of the whole range shows 1/65535 of a pixel: sides of 32768 keep 16 bits within 2 levels."""
    image = np.zeros((3, 32768), np.uint16)
    image[:, ::2] = 65535
    angle = 0.0005
    points = warps.through(warps.turned(angle, (16383.5, 1.0)), (3, 32768))
    real = warps.sample(image, points, border="edge")
    assert np.abs(px.rotate(image, angle, border="edge") - real).max() <= 2
    tall = np.ascontiguousarray(image.T)
    points = warps.through(warps.turned(angle, (1.0, 16383.5)), (32768, 3))
    assert np.abs(px.rotate(tall, angle, border="edge") - warps.sample(tall, points, border="edge")).max() <= 2


# ---- other libraries


def test_like_opencv(backend: str) -> None:
    cv2 = pytest.importorskip("cv2")
    photograph = oracles.photograph()
    height, width = photograph.shape[:2]
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), 15, 1.2)
    theirs = cv2.warpAffine(photograph, matrix, (width, height), flags=cv2.INTER_LINEAR)
    ours = px.rotate(photograph, 15, zoom=1.2)
    inside = px.rotate(np.full((height, width), 255, np.uint8), 15, zoom=1.2) == 255
    assert np.abs(ours.astype(int) - theirs)[inside].max() <= 4  # coordinates of 1/32 pixel
    assert np.abs(ours.astype(int) - theirs)[inside].mean() < 0.3


def test_like_pillow(backend: str) -> None:
    from PIL import Image as Pillow

    photograph = oracles.photograph()
    for interpolation, resample in (("nearest", Pillow.Resampling.NEAREST), ("bilinear", Pillow.Resampling.BILINEAR)):
        theirs = np.asarray(Pillow.fromarray(photograph).rotate(23, resample))
        ours = px.rotate(photograph, 23, interpolation=interpolation)
        different = (np.abs(ours.astype(int) - theirs).max(axis=-1) > 1)[10:-10, 10:-10].mean()
        assert different < (0.01 if interpolation == "nearest" else 0.05), interpolation  # its border is cut off


def test_like_scipy(backend: str, rng: np.random.Generator) -> None:
    ndimage = pytest.importorskip("scipy.ndimage")
    image = rng.random((40, 60))
    theirs = ndimage.rotate(image, 37, reshape=False, order=1, mode="grid-constant")
    np.testing.assert_allclose(px.rotate(image, 37), theirs, atol=1e-8)
    for mode, border in (("mirror", "reflect"), ("reflect", "symmetric"), ("grid-wrap", "wrap"), ("nearest", "edge")):
        theirs = ndimage.rotate(image, 37, reshape=False, order=1, mode=mode)
        np.testing.assert_allclose(px.rotate(image, 37, border=border), theirs, atol=1e-8)


def test_like_scikit_image(backend: str, rng: np.random.Generator) -> None:
    transform = pytest.importorskip("skimage.transform")
    image = rng.random((40, 60))
    theirs = transform.rotate(image, 37, order=1, mode="constant")
    np.testing.assert_allclose(px.rotate(image, 37), theirs, atol=1e-8)


def test_the_outside_may_be_nan(backend: str, rng: np.random.Generator) -> None:
    """As a mark of what the image does not show."""
    image = random_image(rng, (20, 30), "float32")
    for interpolation in ("nearest", "bilinear", "bicubic", "lanczos"):
        have = px.rotate(image, 30, interpolation=interpolation, value=np.nan)
        inside = px.rotate(np.ones_like(image), 30, interpolation=interpolation) == 1  # no tap is outside
        assert inside.sum() > 100
        assert np.isnan(have[0, 0]) and not np.isnan(have[inside]).any()
        np.testing.assert_array_equal(have[inside], px.rotate(image, 30, interpolation=interpolation)[inside])


def test_extreme_zooms_and_centres(backend: str) -> None:
    image = np.full((5, 6), 7, np.uint8)
    assert_same(px.rotate(image, 30, zoom=1e300, antialias=True), image)
    with pytest.raises(ValueError, match="center and zoom make coordinates beyond float64"):
        px.rotate(image, 30, center=(1e308, 1e308), zoom=1e-5)
