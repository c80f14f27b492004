"""resize against formulas written from its definition, matrices worked out by hand, and other libraries."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import oracles
import pytest
from numpy.typing import NDArray
from oracles import FILTERS, INTEGERS, INTERPOLATIONS, assert_golden, assert_same

import pixlane as px

PHOTOGRAPH = (61, 89)  # sides of the photograph that most tests resize: primes

# Down, up, one side only, anisotropic both ways, odd, prime, whole ratios, one pixel, unchanged.
SIZES = [
    (30, 44),
    (31, 29),
    (20, 150),
    (97, 30),
    (61, 40),
    (25, 89),
    (113, 131),
    (122, 178),
    (62, 90),
    (60, 88),
    (1, 1),
    (1, 53),
    (47, 1),
    (7, 5),
]
BOXES: list[oracles.Box | None] = [None, (3.25, 1.5, 80.125, 60.9), (10.0, 20.0, 11.0, 21.0), (0.3, 0.3, 0.9, 40.0)]
SMALL_SIZES = [*itertools.product((1, 2, 3, 5, 8), (1, 2, 3, 7, 16))]


@pytest.fixture(scope="module")
def cat() -> NDArray[np.uint8]:
    return oracles.photograph(*PHOTOGRAPH)


#: The names that say what is computed; the others say how this machine does it.
WAYS = {f"resample.{way}" for way in ("copy", "nearest", "fixed", "f32", "f64", "vertical_first", "horizontal_first")}


def kernels() -> tuple[str, ...]:
    """Which way the last call took."""
    native = pytest.importorskip("pixlane._native")
    names: tuple[str, ...] = native.last_kernels()
    return names


# ---- by hand


@pytest.mark.sample
@pytest.mark.parametrize(
    ("interpolation", "antialias", "row", "expected"),
    [
        # Centres at 1/4, 3/4, 5/4, 7/4; the triangle has 3/4 and 1/4 there, and one pixel only at the ends.
        ("bilinear", True, [0, 100], [0, 25, 75, 100]),
        # Twice as wide a triangle: 3/4, 3/4, 1/4 over 7/4 are 3/7, 3/7, 1/7.
        ("bilinear", True, [0, 70, 140, 210], [50, 160]),
        # Centres at 1 and 3, between two pixels.
        ("bilinear", False, [0, 70, 140, 210], [35, 175]),
        # A third: centre 1.5, triangle of support 3: 2/3, 1, 2/3 over 7/3 are 2/7, 3/7, 2/7.
        ("bilinear", True, [7, 14, 28], [16]),  # (14 + 42 + 56) / 7
        # 1/4 off: 111/128; 5/4 off: -9/128; so 37/34 and -3/34. 3/4 off: 29/128; so 111/140 and 29/140.
        # (37 * 34 - 3 * 170) / 34 = 22; (111 * 34 + 29 * 170) / 140 = 62.17; and mirrored around 102.
        ("bicubic", True, [34, 170], [22, 62, 142, 182]),
        # (37 * 0 - 3 * 255) / 34 = -22.5, which no level shows; 29 * 255 / 140 = 52.8.
        ("bicubic", True, [0, 255], [0, 53, 202, 255]),
        # 1/2, 3/2 and 5/2 off: 6/pi^2, -4/(3 pi^2), 6/(25 pi^2); times 75 pi^2: 450, -100, 18, 450: 818 in all.
        # (450 * (0 + 100) - 100 * 200 + 18 * 250) / 818 = 36.06; (450 * (200 + 250) - 100 * 100) / 818 = 235.33.
        ("lanczos", False, [0, 100, 200, 250], [36, 235]),
        # At whole pixels the filter is 1 at 0 and 0 elsewhere.
        ("lanczos", False, [10, 200, 60], [200]),
        # One pixel and a half each.
        ("area", True, [0, 90, 180], [30, 150]),
        # Two thirds of a pixel each; the middle one has a third of both.
        ("area", True, [10, 20], [10, 15, 20]),
        # Halves go up: (0 + 1) / 2 is 1, (2 + 3) / 2 is 3, (254 + 255) / 2 is 255.
        ("area", True, [0, 1, 2, 3, 254, 255], [1, 3, 255]),
        # Centres at 5/6, 5/2, 25/6.
        ("nearest", True, [10, 20, 30, 40, 50], [10, 30, 50]),
        # Centres at 0.3, 0.9, 1.5, 2.1, 2.7.
        ("nearest", True, [10, 20, 30], [10, 10, 20, 30, 30]),
    ],
)
def test_golden_rows(backend: str, interpolation: str, antialias: bool, row: list[int], expected: list[int]) -> None:
    for dtype in oracles.DTYPES:
        image = np.array([row], dtype)
        for result in (
            px.resize(image, (1, len(expected)), interpolation=interpolation, antialias=antialias),
            px.resize(image.T, (len(expected), 1), interpolation=interpolation, antialias=antialias).T,
        ):
            assert result.dtype == dtype
            assert_golden(oracles.rounded(result.astype(np.float64), np.uint8), [expected])  # as uint8 is already


@pytest.mark.sample
def test_golden_matrices(backend: str) -> None:
    # Weights 1, 0; 3/4, 1/4; 1/4, 3/4; 0, 1 both ways: the sixteenths of 16, 32, 64, 160.
    image = np.array([[16, 32], [64, 160]], np.uint8)
    expected = [[16, 20, 28, 32], [28, 37, 55, 64], [52, 71, 109, 128], [64, 88, 136, 160]]
    assert_golden(px.resize(image, (4, 4)), expected)
    assert_golden(px.resize(image.astype(np.float32), (4, 4)), expected)
    # Thirds: (4 a + 2 b + 2 c + d) / 9 of a footprint that is 1.5 pixels wide and high.
    image = np.array([[9, 18, 27], [36, 45, 54], [63, 72, 90]], np.uint8)
    # (36 + 36 + 72 + 45) / 9 = 21; (108 + 36 + 108 + 45) / 9 = 33;
    # (252 + 144 + 72 + 45) / 9 = 57; (360 + 144 + 108 + 45) / 9 = 73.
    assert_golden(px.resize(image, (2, 2), interpolation="area"), [[21, 33], [57, 73]])
    # A box in the middle of pixels: columns from 1/2 to 5/2 give halves of neighbours, rows 1 to 3 the rows themselves.
    boxed = px.resize(image, (2, 2), interpolation="area", box=(0.5, 1.0, 2.5, 3.0))
    assert_golden(boxed, [[41, 50], [68, 81]])  # 40.5, 49.5, 67.5, 81: halves go up
    nearest = px.resize(image, (2, 4), interpolation="nearest", box=(1.0, 0.0, 3.0, 2.0))
    assert_golden(nearest, [[18, 18, 27, 27], [45, 45, 54, 54]])


def test_halves_go_up_below_zero(backend: str) -> None:
    image = np.array([[-3, -2, -1, 0, 0, 1, -32768, -32767]], np.int16)
    assert_golden(px.resize(image, (1, 4), interpolation="area"), [[-2, 0, 1, -32767]])


# ---- against the float64 formula


def check_integers(
    image: NDArray[Any],
    sizes: Any,
    interpolation: str,
    antialias: bool,
    boxes: Any,
    count: oracles.Rounding | None = None,
) -> None:
    """``count`` sums over calls, where one image has too few pixels for its share to mean much."""
    rounding = oracles.Rounding() if count is None else count
    for size, box in itertools.product(sizes, boxes):
        have = px.resize(image, size, interpolation=interpolation, antialias=antialias, box=box)
        real = oracles.resize(image, size, interpolation, antialias, box)
        rounding.add(have, real, (image.shape, size, box), share=count is None)
    if count is None:
        rounding.check()


def check_floats(
    image: NDArray[Any],
    sizes: Any,
    interpolation: str,
    antialias: bool,
    boxes: Any,
    count: oracles.Rounding | None = None,
) -> None:
    for size, box in itertools.product(sizes, boxes):
        have = px.resize(image, size, interpolation=interpolation, antialias=antialias, box=box)
        real = oracles.resize(image, size, interpolation, antialias, box)
        assert have.dtype == image.dtype
        if image.dtype == np.float16:  # half a unit in the last place, and the float32 result's own error
            bound = 2e-6 + np.spacing(np.abs(real).astype(np.float16)).astype(np.float64) / 2
        else:
            bound = np.full((), 2e-6 if image.dtype == np.float32 else 1e-12)
        error = np.abs(have.astype(np.float64) - real)
        assert (error <= bound).all(), f"{size}, {box}: off by {error.max()}"


@pytest.mark.sample
@pytest.mark.parametrize("antialias", [True, False])
@pytest.mark.parametrize("dtype", INTEGERS)
@pytest.mark.parametrize("interpolation", FILTERS)
def test_integers(
    backend: str, cat: NDArray[np.uint8], rng: np.random.Generator, interpolation: str, dtype: str, antialias: bool
) -> None:
    check_integers(oracles.to_dtype(cat, dtype), SIZES, interpolation, antialias, BOXES[:2])
    check_integers(oracles.random_image(rng, PHOTOGRAPH, dtype), SIZES, interpolation, antialias, BOXES)


@pytest.mark.sample
@pytest.mark.parametrize("antialias", [True, False])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("interpolation", FILTERS)
def test_floats(
    backend: str, cat: NDArray[np.uint8], rng: np.random.Generator, interpolation: str, dtype: str, antialias: bool
) -> None:
    check_floats(oracles.to_dtype(cat, dtype), SIZES, interpolation, antialias, BOXES[:2])
    check_floats(oracles.random_image(rng, PHOTOGRAPH, dtype), SIZES, interpolation, antialias, BOXES)


@pytest.mark.parametrize("interpolation", FILTERS)
def test_small_sizes(backend: str, rng: np.random.Generator, interpolation: str) -> None:
    count = oracles.Rounding()
    for shape, size in itertools.product(SMALL_SIZES[::2], SMALL_SIZES[1::2]):
        image = oracles.random_image(rng, (*shape, 2), np.uint8)
        antialias = bool(rng.random() < 0.5)
        have = px.resize(image, size, interpolation=interpolation, antialias=antialias)
        count.add(have, oracles.resize(image, size, interpolation, antialias), (shape, size))
        real = image.astype(np.float32) / np.float32(255)
        check_floats(real, [size], interpolation, antialias, [None])
    count.check()


@pytest.mark.full
@pytest.mark.parametrize("dtype", oracles.DTYPES)
@pytest.mark.parametrize("interpolation", FILTERS)
def test_many_sizes(backend: str, rng: np.random.Generator, interpolation: str, dtype: str) -> None:
    check = check_integers if dtype in INTEGERS else check_floats
    count = oracles.Rounding()
    for _ in range(150):
        height, width, new_height, new_width = (int(2 ** rng.uniform(0, 8.5)) for _ in range(4))
        channels = int(rng.integers(1, 6))
        left, right = np.sort(rng.random(2)) * [width, width]
        top, bottom = np.sort(rng.random(2)) * [height, height]
        box = None if rng.random() < 0.5 or not (left < right and top < bottom) else (left, top, right, bottom)
        image = oracles.random_image(rng, (height, width, channels), dtype)
        check(image, [(new_height, new_width)], interpolation, bool(rng.random() < 0.7), [box], count)
    if dtype in INTEGERS:
        count.check()


@pytest.mark.full
@pytest.mark.parametrize("dtype", oracles.DTYPES)
@pytest.mark.parametrize("interpolation", FILTERS)
def test_a_large_photograph(backend: str, interpolation: str, dtype: str) -> None:
    image = oracles.to_dtype(oracles.photograph(240, 340), dtype)
    check = check_integers if dtype in INTEGERS else check_floats
    check(image, [(96, 128), (224, 224), (512, 500), (3, 340), (240, 2)], interpolation, True, [None])


@pytest.mark.parametrize("dtype", INTEGERS)
@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_flat_images_stay_flat(backend: str, interpolation: str, dtype: str) -> None:
    limits = np.iinfo(dtype)
    values: Any = range(256) if dtype == "uint8" else [*range(limits.min, limits.max, 2521), limits.max - 1, limits.max]
    # Every value is a channel, so one call does all of them.
    image = np.broadcast_to(np.array(list(values), dtype), (23, 31, len(values)))
    for size in [(11, 17), (40, 62), (11, 62), (23, 7), (1, 1), (24, 30), (230, 3)]:
        for antialias, box in itertools.product((True, False), (None, (1.3, 0.6, 29.9, 22.8))):
            result = px.resize(image, size, interpolation=interpolation, antialias=antialias, box=box)
            assert (result == image[0, 0]).all(), (size, antialias, box)


@pytest.mark.parametrize("interpolation", FILTERS)
def test_flat_float_images_stay_flat_within_rounding(backend: str, interpolation: str) -> None:
    for dtype, tolerance in (("float32", 1e-6), ("float64", 1e-14)):
        image = np.full((23, 31), 0.7, dtype)
        for size in [(11, 17), (40, 62), (11, 62), (1, 1)]:
            result = px.resize(image, size, interpolation=interpolation)
            assert np.abs(result - image[0, 0]).max() <= tolerance


def test_float32_is_not_clipped(backend: str) -> None:
    image = np.zeros((4, 8), np.float32)
    image[:, 4:] = 1000
    result = px.resize(image, (4, 16), interpolation="bicubic")
    assert result.min() < -10
    assert result.max() > 1010


# ---- premultiply


@pytest.mark.parametrize("channels", [2, 4])
@pytest.mark.parametrize("dtype", oracles.DTYPES)
@pytest.mark.parametrize("interpolation", FILTERS)
def test_premultiply(backend: str, rng: np.random.Generator, interpolation: str, dtype: str, channels: int) -> None:
    image = oracles.random_image(rng, (37, 53, channels), dtype)
    image[5:25, 10:40, -1] = 0
    image[:, 45:, -1] = np.iinfo(dtype).max if dtype in INTEGERS else 1
    if dtype == "int16":
        image[..., -1] &= 0x7FFF  # negative alpha means nothing
    # The colour is a quotient: a lobed filter over noise brings alpha near 0, where floats lose digits.
    if interpolation in ("bicubic", "lanczos") and dtype[0] == "f":
        image[..., -1] = 1 - image[..., -1] / 4
    count = oracles.Rounding()
    for size, antialias in itertools.product([(20, 30), (60, 75), (15, 80), (1, 1)], (True, False)):
        for box in (None, (2.5, 3.0, 50.25, 30.0)):
            have = px.resize(image, size, interpolation=interpolation, antialias=antialias, box=box, premultiply=True)
            real, doubtful = oracles.resize_premultiplied(image, size, interpolation, antialias, box)
            if dtype in INTEGERS:
                count.add(have[~doubtful], real[~doubtful], (size, antialias, box))
            else:
                bound = {"float16": 1e-3, "float32": 2e-6, "float64": 1e-11}[dtype]
                error = np.abs(have.astype(np.float64) - real)[~doubtful]
                assert error.max(initial=0.0) <= bound, (size, antialias, box)
    if dtype in INTEGERS:
        count.check()


@pytest.mark.sample
@pytest.mark.parametrize("interpolation", FILTERS)
def test_transparent_pixels_do_not_bleed(backend: str, interpolation: str) -> None:
    image = np.zeros((8, 8, 4), np.uint8)
    image[..., :3] = (255, 0, 0)
    image[2:6, 2:6] = (0, 128, 64, 255)  # what can be seen
    for size in [(4, 4), (5, 7), (16, 16), (16, 5)]:
        result = px.resize(image, size, interpolation=interpolation, premultiply=True)
        seen = result[..., 3] > 0
        assert seen.any()
        assert (result[seen][:, :3] == (0, 128, 64)).all()
        assert (result[~seen] == 0).all()
        if size not in ((4, 4), (16, 16)):  # there the footprints of area end where the transparent pixels begin
            assert (px.resize(image, size, interpolation=interpolation)[..., 0][seen] > 0).any()


def test_premultiply_of_opaque_pixels_changes_nothing(backend: str, rng: np.random.Generator) -> None:
    image = rng.integers(0, 256, (20, 30, 4), np.uint8)
    image[..., 3] = 255
    plain = px.resize(image, (13, 41)).astype(int)
    assert np.abs(px.resize(image, (13, 41), premultiply=True) - plain).max() <= 1


def test_premultiply_of_what_overflows(backend: str) -> None:
    """No warning either: infinity times an alpha of zero is nobody's mistake."""
    image = np.array([[[np.inf, 0], [1.5, 1]]])
    for dtype in ("float16", "float32", "float64"):
        result = px.resize(image.astype(dtype), (1, 1), premultiply=True)
        assert np.isnan(result[0, 0, 0])
        assert result[0, 0, 1] == 0.5
    huge = np.full((2, 2, 2), 1e200)
    assert px.resize(huge, (1, 1), premultiply=True)[0, 0, 0] == np.inf


def test_premultiply_by_hand(backend: str) -> None:
    # Colours 100 and 200 with alpha 255 and 85: (100 * 3 + 200) / 4 = 125, alpha (255 + 85) / 2 = 170.
    image = np.array([[[100, 255], [200, 85]]], np.uint8)
    assert_golden(px.resize(image, (1, 1), interpolation="area", premultiply=True), [[[125, 170]]])
    planar = np.moveaxis(image, -1, 0)
    result = px.resize(planar, (1, 1), interpolation="area", premultiply=True, layout="CHW")
    assert_golden(result, [[[125]], [[170]]])


# ---- nearest


@pytest.mark.sample
@pytest.mark.parametrize(
    "dtype", ["bool", *(f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)), *oracles.DTYPES[3:]]
)
def test_nearest(backend: str, rng: np.random.Generator, dtype: str) -> None:
    for channels in (1, 2, 3, 4, 7):
        image = oracles.random_image(rng, (*PHOTOGRAPH, channels), dtype)
        for size, box in itertools.product([*SIZES, (61, 89)], BOXES):
            left, top, right, bottom = box if box is not None else (0, 0, 89, 61)
            rows = np.floor(top + (np.arange(size[0]) + 0.5) * ((bottom - top) / size[0])).astype(int)
            columns = np.floor(left + (np.arange(size[1]) + 0.5) * ((right - left) / size[1])).astype(int)
            have = px.resize(image, size, interpolation="nearest", box=box)
            assert_same(have, image[rows.clip(0, 60)][:, columns.clip(0, 88)], (size, box))


def test_nearest_is_that_of_pillow(backend: str, rng: np.random.Generator) -> None:
    image = rng.integers(0, 256, (61, 89, 3), np.uint8)
    for size, box in itertools.product(SIZES, BOXES):
        have = px.resize(image, size, interpolation="nearest", box=box)
        assert_same(have, oracles.pillow_resize(image, size, "nearest", box), (size, box))


def test_nearest_is_that_of_opencv(backend: str, rng: np.random.Generator) -> None:
    cv2 = pytest.importorskip("cv2")
    image = rng.integers(0, 256, (61, 89, 3), np.uint8)
    for size in SIZES:
        expected = cv2.resize(image, size[::-1], interpolation=cv2.INTER_NEAREST_EXACT).reshape(*size, 3)
        assert_same(px.resize(image, size, interpolation="nearest"), expected, size)


# ---- area


@pytest.mark.parametrize("dtype", INTEGERS)
def test_area_of_whole_ratios_is_the_rounded_mean(backend: str, rng: np.random.Generator, dtype: str) -> None:
    image = oracles.random_image(rng, (48, 96, 3), dtype)
    for down, across in [(2, 2), (1, 2), (2, 1), (4, 4), (2, 4), (8, 1), (1, 32)]:
        blocks = image.reshape(48 // down, down, 96 // across, across, 3).astype(np.int64)
        total, count = blocks.sum(axis=(1, 3)), down * across
        have = px.resize(image, (48 // down, 96 // across), interpolation="area")
        if have.dtype == np.uint8 and down > 1 and across > 1 and count > 4:
            # Between the two passes 7 bits are kept, so what is next to half a level may go either way.
            assert np.abs(have - total / count).max() <= 0.51
        else:
            assert_same(have, ((2 * total + count) // (2 * count)).astype(dtype), (down, across))


def test_area_is_that_of_opencv(backend: str, cat: NDArray[np.uint8]) -> None:
    cv2 = pytest.importorskip("cv2")
    for size in [(30, 44), (31, 29), (20, 60), (7, 5), (60, 88), (1, 1)]:  # growing, OpenCV's is another filter
        expected = cv2.resize(cat, size[::-1], interpolation=cv2.INTER_AREA).reshape(*size, 3)
        have = px.resize(cat, size, interpolation="area")
        assert np.abs(have.astype(int) - expected).max() <= 1, size


def test_area_is_that_of_scikit_image(backend: str, rng: np.random.Generator) -> None:
    transform = pytest.importorskip("skimage.transform")
    image = rng.random((60, 90))
    for down, across in [(2, 3), (5, 1), (6, 9)]:
        have = px.resize(image, (60 // down, 90 // across), interpolation="area")
        np.testing.assert_allclose(have, transform.downscale_local_mean(image, (down, across)), rtol=0, atol=1e-12)


# ---- other libraries


@pytest.mark.sample
@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic", "lanczos"])
def test_uint8_is_that_of_pillow(
    backend: str, cat: NDArray[np.uint8], rng: np.random.Generator, interpolation: str
) -> None:
    # Pillow clips between its passes; from 64 to 191 no lobe reaches the ends.
    noise = rng.integers(64, 192, (*PHOTOGRAPH, 3), np.uint8)
    for image in ((64 + cat // 2).astype(np.uint8), noise, np.ascontiguousarray(noise[..., 0])):
        for size, box in itertools.product(SIZES, BOXES):
            expected = oracles.pillow_resize(image, size, interpolation, box)
            have = px.resize(image, size, interpolation=interpolation, box=box)
            assert np.abs(have.astype(int) - expected).max() <= 1, (size, box)


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic", "lanczos"])
def test_float32_is_that_of_pillow(backend: str, rng: np.random.Generator, interpolation: str) -> None:
    image = rng.random(PHOTOGRAPH, np.float32)
    for size, box in itertools.product(SIZES, BOXES):
        expected = oracles.pillow_resize(image, size, interpolation, box)
        have = px.resize(image, size, interpolation=interpolation, box=box)
        np.testing.assert_allclose(have, expected, rtol=0, atol=3e-6)


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
@pytest.mark.parametrize("antialias", [True, False])
def test_float32_is_that_of_torch(backend: str, rng: np.random.Generator, interpolation: str, antialias: bool) -> None:
    torch = pytest.importorskip("torch")
    if interpolation == "bicubic" and not antialias:
        pytest.skip("torch has a = -0.75 there")
    image = rng.random((2, 3, *PHOTOGRAPH), np.float32)
    for size in SIZES:
        if size[1] == 1 < size[0]:
            continue  # torch repeats the first row (2.13)
        expected = torch.nn.functional.interpolate(
            torch.from_numpy(image), size, mode=interpolation, antialias=antialias, align_corners=False
        )
        have = px.resize(image, size, interpolation=interpolation, antialias=antialias, layout="NCHW")
        np.testing.assert_allclose(have, expected.numpy(), rtol=0, atol=2e-5)  # torch's coordinates are float32


def test_bilinear_without_antialias_is_that_of_opencv(backend: str, cat: NDArray[np.uint8]) -> None:
    cv2 = pytest.importorskip("cv2")
    for size in SIZES:
        expected = cv2.resize(cat, size[::-1], interpolation=cv2.INTER_LINEAR).reshape(*size, 3)
        assert np.abs(px.resize(cat, size, antialias=False).astype(int) - expected).max() <= 1, size


def test_bilinear_is_that_of_scikit_image(backend: str, rng: np.random.Generator) -> None:
    transform = pytest.importorskip("skimage.transform")
    image = rng.random(PHOTOGRAPH)
    for size in [(113, 131), (62, 90), (30, 44)]:
        expected = transform.resize(image, size, order=1, mode="edge", anti_aliasing=False)
        have = px.resize(image, size, antialias=False)
        np.testing.assert_allclose(have, expected, rtol=0, atol=1e-12)


# ---- arguments


@pytest.mark.sample
@pytest.mark.parametrize("dtype", oracles.DTYPES)
@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_the_same_size_is_a_copy(backend: str, rng: np.random.Generator, interpolation: str, dtype: str) -> None:
    image = oracles.random_image(rng, (13, 17, 3), dtype)
    for options in ({}, {"antialias": False}, {"box": (0, 0, 17, 13)}):
        result = px.resize(image, (13, 17), interpolation=interpolation, **options)
        assert_same(result, image)
        assert not np.shares_memory(result, image)
    part = px.resize(image, (5, 6), interpolation="nearest", box=(4, 3, 10, 8))
    assert_same(part, image[3:8, 4:10])
    if interpolation == "nearest":
        return
    for channels, memory in itertools.product((2, 4), oracles.MEMORY.values()):
        image = oracles.random_image(rng, (13, 17, channels), dtype)
        assert_same(px.resize(memory(image), (13, 17), interpolation=interpolation, premultiply=True), image)
        planar = np.moveaxis(memory(image), -1, 0)
        result = px.resize(planar, (13, 17), interpolation=interpolation, premultiply=True, layout="CHW")
        assert_same(np.moveaxis(result, 0, -1), image)


@pytest.mark.parametrize("interpolation", FILTERS)
def test_a_box_of_whole_pixels_is_those_pixels(backend: str, rng: np.random.Generator, interpolation: str) -> None:
    """Where nothing is scaled, every filter is 1 on its pixel and 0 on the others."""
    for dtype in INTEGERS:
        image = oracles.random_image(rng, (13, 17, 3), dtype)
        result = px.resize(image, (5, 6), interpolation=interpolation, box=(4, 3, 10, 8))
        assert_same(result, image[3:8, 4:10])


@pytest.mark.parametrize("interpolation", FILTERS)
def test_boxes_tile_the_image(backend: str, cat: NDArray[np.uint8], interpolation: str) -> None:
    """A result made in four boxes is that of the whole image: filters read beyond the box, as Pillow's do."""
    image = cat[:60, :88]
    whole = px.resize(image, (30, 32), interpolation=interpolation).astype(int)
    for top, left in itertools.product((0, 15), (0, 16)):
        box = (left * 2.75, top * 2.0, (left + 16) * 2.75, (top + 15) * 2.0)
        tile = px.resize(image, (15, 16), interpolation=interpolation, box=box)
        assert np.abs(whole[top : top + 15, left : left + 16] - tile).max() <= 1


def test_scale(backend: str, cat: NDArray[np.uint8]) -> None:
    def same(size: tuple[int, int], **options: Any) -> None:
        assert_same(px.resize(cat, **options), px.resize(cat, size, box=options.get("box")))

    same((31, 45), scale=0.5)  # 30.5 and 44.5 go up
    same((122, 178), scale=2)
    same((18, 45), scale=(0.3, 0.5))  # 18.3
    same((1, 1), scale=0.001)
    same((15, 20), scale=0.5, box=(10, 20, 50, 50))
    same((20, 13), scale=np.array([1.0, 0.5]), box=(0.5, 0, 25.5, 20))  # 12.5


@pytest.mark.sample
@pytest.mark.parametrize("dtype", oracles.DTYPES)
@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_batches_layouts_and_channels(backend: str, rng: np.random.Generator, interpolation: str, dtype: str) -> None:
    """Every channel of every image gives what it gives alone."""
    for channels, size in zip(range(1, 10), itertools.cycle([(11, 16), (31, 45), (11, 45)]), strict=False):
        batch = oracles.random_image(rng, (2, 19, 27, channels), dtype)
        box = (0.5, 1.0, 26.0, 18.75) if channels % 2 else None
        options: dict[str, Any] = {"interpolation": interpolation, "box": box}
        result = px.resize(batch, size, **options)
        planar = np.ascontiguousarray(batch.transpose(0, 3, 1, 2))
        assert_same(px.resize(planar, size, layout="NCHW", **options).transpose(0, 2, 3, 1), result, "NCHW")
        for n in range(2):
            assert_same(px.resize(batch[n], size, **options), result[n], "HWC")
            assert_same(px.resize(planar[n], size, layout="CHW", **options).transpose(1, 2, 0), result[n], "CHW")
            for c in range(channels):
                assert_same(px.resize(planar[n, c], size, **options), result[n, :, :, c], "HW")
        assert_same(px.resize(planar[:, 0], size, layout="NHW", **options), result[..., 0], "NHW")


def test_out(backend: str, cat: NDArray[np.uint8]) -> None:
    expected = px.resize(cat, (20, 31))
    wide = np.full((24, 40, 3), 7, np.uint8)
    for out in (wide[2:22, 4:35], wide[21:1:-1, 34:3:-1], np.empty((20, 31, 3), np.uint8, "F")):
        assert px.resize(cat, (20, 31), out=out) is out
        assert_same(out, expected)
    frame = wide.copy()
    frame[2:22, 4:35] = 7
    assert (frame == 7).all(), "nothing around it is written"
    assert_same(cat, oracles.photograph(*PHOTOGRAPH))


# ---- pixels that are no numbers


@pytest.mark.sample
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_nan_and_infinity_stay_where_filters_read_them(
    backend: str, rng: np.random.Generator, interpolation: str, dtype: str, bad: float
) -> None:
    clean = oracles.random_image(rng, (23, 33, 3), dtype)
    image = clean.copy()
    image[9, 20, 1] = bad
    for size, antialias in itertools.product([(10, 15), (40, 61), (11, 60), (23, 50), (9, 33)], (True, False)):
        have = px.resize(image, size, interpolation=interpolation, antialias=antialias)
        plain = px.resize(clean, size, interpolation=interpolation, antialias=antialias)
        rows = oracles.weights(23, size[0], 0, 23, interpolation, antialias)[:, 9]
        columns = oracles.weights(33, size[1], 0, 33, interpolation, antialias)[:, 20]
        read = np.zeros((*size, 3), bool)
        # Within the support a filter may be zero up to rounding (lanczos at whole pixels): either is right there.
        read[..., 1] = np.outer(rows != 0, columns != 0)
        surely = np.zeros_like(read)
        surely[..., 1] = np.outer(np.abs(rows) > 1e-9, np.abs(columns) > 1e-9)
        changed = ~np.isfinite(have)
        assert changed[surely].all(), (size, antialias)
        assert_same(have[~read], plain[~read], (size, antialias))


def test_infinity_has_the_sign_of_its_weight(backend: str) -> None:
    image = np.zeros((1, 8), np.float32)
    image[0, 4] = np.inf
    table = oracles.weights(8, 16, 0, 8, "bicubic")[:, 4]
    expected = np.where(table > 0, np.inf, np.where(table < 0, -np.inf, 0))
    np.testing.assert_array_equal(px.resize(image, (1, 16), interpolation="bicubic")[0], expected)


def test_large_float_values(backend: str) -> None:
    image = np.full((9, 9), np.finfo(np.float16).max, np.float16)
    assert_same(px.resize(image, (4, 5)), image[:4, :5])
    huge = np.full((6, 6), 1e30, np.float32)
    np.testing.assert_allclose(px.resize(huge, (4, 9)), 1e30, rtol=1e-6)


# ---- extremes


@pytest.mark.parametrize("dtype", oracles.DTYPES)
@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_one_pixel_to_thirty_thousand_and_back(
    backend: str, rng: np.random.Generator, interpolation: str, dtype: str
) -> None:
    pixel = oracles.random_image(rng, (1, 1, 3), dtype)
    for size in [(1, 30_000), (30_000, 1)]:
        long = px.resize(pixel, size, interpolation=interpolation)
        assert (long == pixel).all()
        back = px.resize(long, (1, 1), interpolation=interpolation)
        np.testing.assert_allclose(back, pixel, rtol=0, atol=2e-6 if dtype[0] == "f" else 0)
    if interpolation == "nearest":
        return
    image = oracles.random_image(rng, (1, 30_000), dtype)
    check = check_integers if dtype in INTEGERS else check_floats
    check(image, [(1, 1), (1, 7)], interpolation, True, [None])
    check(image.T, [(1, 1), (7, 2)], interpolation, True, [None])


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
@pytest.mark.parametrize("interpolation", FILTERS)
def test_sides_beyond_32767(backend: str, rng: np.random.Generator, interpolation: str, dtype: str) -> None:
    image = oracles.random_image(rng, (2, 40_009), dtype)
    check = check_integers if dtype in INTEGERS else check_floats
    check(image, [(2, 101), (3, 20)], interpolation, True, [None])
    # The far end is resized as the same pixels alone are: the centre of 41 outputs there.
    far = px.resize(image, (2, 80_018), interpolation=interpolation)[:, -100:-20]
    alone = px.resize(np.ascontiguousarray(image[:, -80:]), (2, 160), interpolation=interpolation)[:, -100:-20]
    np.testing.assert_allclose(far.astype(np.float64), alone, rtol=0, atol=1 if dtype == "uint8" else 4e-6)
    tall = px.resize(np.ascontiguousarray(image.T), (80_018, 2), interpolation=interpolation)
    assert_same(tall[-100:-20].T, far)


# ---- which way was taken


@pytest.mark.skipif(not px.info()["native"], reason="the native module is not here")
@pytest.mark.parametrize(
    ("dtype", "size", "options", "expected"),
    [
        ("uint8", (20, 30), {}, ("resample.fixed", "resample.vertical_first")),
        ("uint8", (160, 15), {}, ("resample.fixed", "resample.horizontal_first")),
        ("uint8", (30, 80), {}, ("resample.fixed", "resample.vertical_first")),
        ("uint8", (20, 60), {}, ("resample.fixed",)),
        ("uint8", (40, 30), {}, ("resample.fixed",)),
        ("uint8", (20, 30), {"premultiply": True}, ("resample.f64", "resample.vertical_first")),
        ("uint16", (20, 30), {}, ("resample.f32", "resample.vertical_first")),
        ("int16", (160, 15), {}, ("resample.f32", "resample.horizontal_first")),
        ("float16", (20, 30), {}, ("resample.f32", "resample.vertical_first")),
        ("float32", (20, 30), {}, ("resample.f32", "resample.vertical_first")),
        ("float32", (2, 3), {}, ("resample.f64", "resample.vertical_first")),  # 40 + 40 taps
        ("float64", (20, 30), {}, ("resample.f64", "resample.vertical_first")),
        ("float64", (40, 60), {}, ("resample.copy",)),
        ("uint8", (40, 60), {"interpolation": "lanczos"}, ("resample.copy",)),
        ("int64", (20, 30), {"interpolation": "nearest"}, ("resample.nearest",)),
    ],
)
def test_the_way(dtype: str, size: tuple[int, int], options: dict[str, Any], expected: tuple[str, ...]) -> None:
    for isa in px.info()["isa_available"]:
        with px.use_backend("native"), px.use_isa(isa):
            px.resize(np.zeros((40, 60, 4), dtype), size, **options)
            names = tuple(name for name in kernels() if name in WAYS)
            assert names == expected, "the arithmetic depends on the arguments, never on the machine"
