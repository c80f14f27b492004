"""affine: matrices, sizes and coordinates, against formulas and cases worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import oracles
import pytest
import warp_oracles as warps
from oracles import DTYPES, assert_golden, assert_same, random_image
from warp_oracles import BORDERS, INTERPOLATIONS

import pixlane as px

MATRICES: dict[str, Any] = {
    "identity": [[1, 0, 0], [0, 1, 0]],
    "shift": [[1, 0, 0.25], [0, 1, -0.75]],
    "scale": [[0.5, 0, 0.25], [0, 1.5, -1]],
    "shear": [[1, 0.3, 0], [-0.2, 1, 3]],
    "mirror": [[-1, 0, 20], [0, 1, 0.5]],
    "any": [[0.83, -0.41, 7.3], [0.37, 1.21, -4.9]],
    "far": [[1, 0, 300], [0, 1, -2]],
    "shrink": [[5.3, 1, 0], [0, 7.1, 2]],
    "steep": [[0.02, 1, 0], [-1, 0.02, 29]],
}


@pytest.mark.sample
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
@pytest.mark.parametrize("border", BORDERS)
def test_the_formula(backend: str, rng: np.random.Generator, border: str, interpolation: str, dtype: str) -> None:
    for name, back in MATRICES.items():
        channels = int(rng.integers(1, 6))
        image = random_image(rng, (int(rng.integers(1, 40)), int(rng.integers(1, 70)), channels), dtype)
        size = (int(rng.integers(1, 40)), int(rng.integers(1, 150)))
        value = rng.random(channels)
        value = value if dtype.startswith("float") else np.floor(value * 255)
        options = {"interpolation": interpolation, "border": border, "value": tuple(value.tolist())}
        points = warps.through(back, size)
        real = warps.sample(image, points, interpolation, border, value if dtype != "float16" else value.astype("f2"))
        have = px.affine(image, back, size, inverse=True, **options)
        assert have.shape == (*size, channels)
        what = (name, image.shape, size)
        if interpolation == "nearest":
            sure = warps.tie_free(points)
            assert np.array_equal(have[sure], real[sure].astype(dtype)), what
        else:
            warps.assert_close(have, real, what)


def test_by_hand(backend: str) -> None:
    row = np.array([[0, 100, 200, 40]], np.uint8)
    assert_golden(px.affine(row, [[1, 0, 0.5], [0, 1, 0]]), [[0, 50, 150, 120]])
    assert_golden(px.affine(row, [[1, 0, 0.5], [0, 1, 0]], value=100), [[50, 50, 150, 120]])
    assert_golden(px.affine(row, [[1, 0, 0.5], [0, 1, 0]], border="edge"), [[0, 50, 150, 120]])
    assert_golden(px.affine(row, [[1, 0, 0.5], [0, 1, 0]], border="wrap"), [[20, 50, 150, 120]])
    assert_golden(px.affine(row, [[1, 0, 0.5], [0, 1, 0]], border="reflect"), [[50, 50, 150, 120]])
    assert_golden(px.affine(row, [[1, 0, 0], [0, 1, 0.5]]), [[0, 50, 100, 20]])
    # Half way, the cubic weighs -1/16, 9/16, 9/16, -1/16: (9 * 100 + 9 * 200 - 40) / 16 = 166.25.
    assert_golden(px.affine(row, [[1, 0, -0.5], [0, 1, 0]], interpolation="bicubic")[:, 1:2], [[166]])
    # Twice as large about the first pixel.
    assert_golden(px.affine(row, [[2, 0, 0], [0, 1, 0]], (1, 7)), [[0, 50, 100, 150, 200, 120, 40]])
    # The tie goes up: 0.5 is pixel 1, 1.5 pixel 2.
    assert_golden(px.affine(row, [[1, 0, -0.5], [0, 1, 0]], interpolation="nearest"), [[100, 200, 40, 0]])


@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_whole_pixels_are_the_same_pixels(backend: str, rng: np.random.Generator, interpolation: str) -> None:
    for dtype in DTYPES:
        image = random_image(rng, (40, 200, 3), dtype)
        if image.dtype.kind == "f":
            image[rng.random(image.shape) < 0.1] = np.nan
            image[rng.random(image.shape) < 0.1] = np.inf
            image[rng.random(image.shape) < 0.1] = -0.0
        assert_same(px.affine(image, np.eye(3), interpolation=interpolation), image)
        moved = px.affine(image, px.matrix.translation(-7, 3), interpolation=interpolation, value=1)
        assert_same(moved[3:, :-7].copy(), image[:-3, 7:].copy())
        assert (moved[:3] == 1).all()
        mirrored = px.affine(image, [[-1, 0, 199], [0, 1, 0]], interpolation=interpolation)
        assert_same(mirrored, image[:, ::-1].copy())
        turned = px.affine(image, [[0, 1, 0], [-1, 0, 199]], (200, 40), interpolation=interpolation)
        assert_same(turned, np.rot90(image).copy())


def test_flat_areas_stay_flat(backend: str) -> None:
    matrix = px.matrix.compose(px.matrix.rotation(23), px.matrix.scaling(3.7))
    for interpolation in INTERPOLATIONS:
        for value in (0, 1, 127, 254, 255):
            image = np.full((50, 60), value, np.uint8)
            assert (px.affine(image, matrix, interpolation=interpolation, border="wrap") == value).all()
            wide = image.astype(np.uint16) * 257
            assert (px.affine(wide, matrix, interpolation=interpolation, border="edge") == value * 257).all()
    outside = px.affine(np.zeros((5, 5), np.float32), px.matrix.translation(99, 0), interpolation="lanczos", value=0.1)
    assert (outside == np.float32(0.1)).all()


def test_a_pixel_does_not_depend_on_the_others(backend: str, rng: np.random.Generator) -> None:
    """Anchors stand at fixed columns: a part of a result is that part of the whole."""
    image = random_image(rng, (90, 300, 3), "uint8")
    back = np.array([[0.91, 0.33, -4.0], [-0.29, 1.07, 11.0]])
    for dtype in ("uint8", "float32"):
        whole = px.affine(image.astype(dtype), back, (80, 280), inverse=True)
        assert_same(px.affine(image.astype(dtype), back, (33, 129), inverse=True), whole[:33, :129].copy())


def test_affine_and_perspective_agree(backend: str, rng: np.random.Generator) -> None:
    image = random_image(rng, (30, 100, 3), "uint8")
    for name, matrix in MATRICES.items():
        whole = [*matrix, [0, 0, 1]]
        assert_same(px.affine(image, matrix), px.perspective(image, whole), name)
        assert_same(px.affine(image, matrix), px.affine(image, px.matrix.inverse(matrix), inverse=True), name)


def test_coordinates_are_exact(backend: str) -> None:
    """A ramp of one level per pixel shows the coordinate itself."""
    ramp = np.arange(4000.0)[None].repeat(3, axis=0)
    back = [[0.7310585, 0.0, 12.345678], [0, 1, 0]]
    have = px.affine(ramp, back, (3, 5000), inverse=True)
    x = 0.7310585 * np.arange(5000) + 12.345678
    np.testing.assert_allclose(have[1], x, rtol=0, atol=2.0**-31)
    narrow = px.affine(ramp.astype(np.float32), back, (3, 5000), inverse=True)
    np.testing.assert_allclose(narrow[1], x, rtol=0, atol=2.0**-11)  # the float32 of 3999
    fraction = px.affine((ramp % 2).astype(np.float32), back, (3, 5000), inverse=True)
    np.testing.assert_allclose(fraction[1], 1 - np.abs(x % 2 - 1), rtol=0, atol=2.0**-22)


def test_lines_wider_than_anchors(backend: str, rng: np.random.Generator) -> None:
    for width in (1, 63, 64, 65, 127, 128, 129, 1000):
        image = random_image(rng, (5, 64, 1), "uint8")
        back = [[64.0 / width * 0.97, 0.01, 0.3], [0.003, 0.9, 0.1]]
        have = px.affine(image, back, (4, width), inverse=True, border="reflect")
        warps.assert_close(have, warps.sample(image, warps.through(back, (4, width)), border="reflect"))


def test_huge_and_tiny(backend: str) -> None:
    image = np.arange(12, dtype=np.uint8).reshape(3, 4)
    assert (px.affine(image, [[1, 0, 1e300], [0, 1, 0]], value=9) == 9).all()
    assert (px.affine(image, [[1, 0, -1e300], [0, 1, 0]], border="edge") == image[:, 3:]).all()
    assert (px.affine(image, [[1, 0, 1e300], [0, 1, 1e300]], border="edge") == 0).all()
    for border in BORDERS:
        for shift in (1e9, 2.0**31, 2.0**53, 1e18, -1e300):
            assert px.affine(image, [[1, 0, shift], [0, 1, 0.5]], border=border).shape == (3, 4)
    assert (px.affine(image, [[1e6, 0, 0], [0, 1e6, 0]])[0, 0]) == 0
    assert px.affine(image, [[1e-6, 0, 1], [0, 1e-6, 1]]).sum() >= 0
    with pytest.raises(ValueError, match="2\\*\\*-20"):
        px.affine(image, [[1e-7, 0, 0], [0, 1, 0]])


def test_nothing_outside_is_read(backend: str) -> None:
    """A frame of NaN around the image, in the memory of one array, stays out."""
    memory = np.full((60, 60), np.nan)
    memory[20:40, 20:40] = 1.0
    image = memory[20:40, 20:40]
    for interpolation in INTERPOLATIONS:
        for border in BORDERS:
            for back in MATRICES.values():
                have = px.affine(image, back, (50, 50), inverse=True, interpolation=interpolation, border=border)
                assert np.isfinite(have).all(), (interpolation, border)


def test_nan_stays_where_it_is_read(backend: str) -> None:
    image = np.ones((5, 9), np.float32)
    image[2, 4] = np.nan
    have = px.affine(image, px.matrix.translation(0.5, 0), border="edge")
    assert np.isnan(have[2, 4:6]).all()
    assert np.isnan(have).sum() == 2
    have = px.affine(image, px.matrix.translation(0.5, 0.5), border="edge", interpolation="bicubic")
    assert np.isnan(have[1:5, 3:7]).all()
    assert np.isnan(have).sum() == 16


def test_like_opencv_and_scikit_image(backend: str, rng: np.random.Generator) -> None:
    transform = pytest.importorskip("skimage.transform")
    image = rng.random((40, 50))
    matrix = np.array([[0.9, 0.3, 2.0], [-0.2, 1.1, 5.0], [0, 0, 1.0]])
    theirs = transform.warp(image, np.linalg.inv(matrix), order=1)
    np.testing.assert_allclose(px.affine(image, matrix), theirs, atol=1e-8)
    theirs = transform.warp(image, np.linalg.inv(matrix), order=0)
    sure = warps.tie_free(warps.through(np.linalg.inv(matrix), (40, 50)))
    np.testing.assert_array_equal(px.affine(image, matrix, interpolation="nearest")[sure], theirs[sure])
    cv2 = pytest.importorskip("cv2")
    photograph = oracles.photograph()
    for flag, interpolation in ((cv2.INTER_LINEAR, "bilinear"), (cv2.INTER_NEAREST, "nearest")):
        theirs = cv2.warpAffine(photograph, matrix[:2], (150, 120), flags=flag, borderMode=cv2.BORDER_REFLECT_101)
        ours = px.affine(photograph, matrix, border="reflect", interpolation=interpolation)
        assert np.abs(ours.astype(int) - theirs).mean() < (0.3 if flag == cv2.INTER_LINEAR else 0.6)


def test_other_dtypes_by_nearest(backend: str, rng: np.random.Generator) -> None:
    for dtype in ("bool", "int8", "int32", "uint32", "int64", "uint64"):
        image = random_image(rng, (12, 17, 2), dtype)
        have = px.affine(image, MATRICES["any"], inverse=True, interpolation="nearest", value=1)
        index = px.affine(
            np.arange(12 * 17.0).reshape(12, 17), MATRICES["any"], inverse=True, interpolation="nearest", value=-1
        )
        expected = image.reshape(-1, 2)[index.astype(int)]
        expected[index < 0] = 1
        assert_same(have, expected)


def test_batches(backend: str, rng: np.random.Generator) -> None:
    images = random_image(rng, (9, 3, 20, 30), "uint8")
    matrices = np.stack([np.asarray(m, float) for m in MATRICES.values()])
    together = px.affine(images, matrices, (11, 17), inverse=True, layout="NCHW")
    for one, image, matrix in zip(together, images, matrices, strict=True):
        assert_same(one.copy(), px.affine(image, matrix, (11, 17), inverse=True, layout="CHW"))
