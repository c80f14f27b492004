"""preprocess does what resize, crop, pad, flip and normalize do one after the other; and what torchvision does."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from typing import Any

import numpy as np
import oracles
import pytest
from numpy.typing import NDArray
from oracles import CHANNELS, DTYPES, INTERPOLATIONS, assert_golden, assert_same

import pixlane as px

MEAN = (0.485, 0.456, 0.406, 0.5, 0.25, 0.1, 0.7, 0.33, 0.9)
STD = (0.229, 0.224, 0.225, 0.25, 0.5, 0.3, 0.2, 0.11, 1.5)
SCALES = {"uint8": 1 / 255, "uint16": 1 / 65535}
OUTPUTS = ("float32", "float16", "uint8")
Image = NDArray[Any]

GEOMETRIES: list[dict[str, Any]] = [
    {"resize": 24, "crop": 20},
    {"resize": 24, "crop": 23},  # an odd margin
    {"resize": 24},
    {"resize": (30, 17)},
    {"resize": (60, 80), "crop": (41, 33)},
    {"resize": 25, "fit": "stretch"},
    {"resize": 32, "fit": "pad"},
    {"resize": (20, 61), "fit": "pad"},
    {"resize": (33, 20), "fit": "pad", "crop": (20, 30)},
    {"resize": 20, "crop": 27},  # larger than the image: padded
    {"resize": 24, "crop": (3, 2, 21, 20)},
    {"resize": 24, "crop": (-4, -3, 12, 18)},
    {"resize": 24, "crop": (20, 15, 50, 30)},
    {"crop": (12, 31)},
    {"crop": (5, 6, 6, 7)},
    {},
]


def the_sides(height: int, width: int, resize: Any, fit: str) -> tuple[int, int]:
    if resize is None:
        return height, width
    if isinstance(resize, int) and fit == "shorter":
        return oracles.shorter_side((height, width), resize)
    high, wide = (resize, resize) if isinstance(resize, int) else resize
    if fit == "pad":
        scale, half = min(Fraction(high, height), Fraction(wide, width)), Fraction(1, 2)
        return max(1, math.floor(height * scale + half)), max(1, math.floor(width * scale + half))
    return high, wide


def cut(image: Image, left: int, top: int, right: int, bottom: int, pad_value: Any) -> Image:
    """image[top:bottom, left:right], where what lies outside is ``pad_value``."""
    height, width, channels = image.shape
    result = np.empty((bottom - top, right - left, channels), image.dtype)
    result[...] = pad_value
    for y, x in itertools.product(range(top, bottom), range(left, right)):
        if 0 <= y < height and 0 <= x < width:
            result[y - top, x - left] = image[y, x]
    return result


def one_by_one(
    image: Image,
    resize: Any = None,
    fit: str = "shorter",
    crop: Any = None,
    flip: bool = False,
    pad_value: Any = 0,
    mean: Any = 0.0,
    std: Any = 1.0,
    scale: Any = None,
    dtype: str = "float32",
    layout_out: str = "NCHW",
    interpolation: str = "bilinear",
    antialias: bool = True,
) -> Image:
    """The separate ops, on the whole image (H, W, C)."""
    height, width = the_sides(image.shape[0], image.shape[1], resize, fit)
    result: Image = px.resize(image, (height, width), interpolation=interpolation, antialias=antialias)
    if fit == "pad":
        high, wide = (resize, resize) if isinstance(resize, int) else resize
        left, top = (wide - width) // 2, (high - height) // 2
        result = cut(result, -left, -top, wide - left, high - top, pad_value)
        height, width = high, wide
    if isinstance(crop, tuple) and len(crop) == 4:
        result = cut(result, *crop, pad_value)
    elif crop is not None:
        high, wide = (crop, crop) if isinstance(crop, int) else crop
        # Python rounds halves to even, as torchvision's centre crop does; what is missing is padded half and half.
        top = round((height - high) / 2) if high <= height else -((high - height) // 2)
        left = round((width - wide) / 2) if wide <= width else -((wide - width) // 2)
        result = cut(result, left, top, left + wide, top + high, pad_value)
    if flip:
        result = result[:, ::-1]
    layout = "CHW" if layout_out == "NCHW" else "HWC"
    final: Image = px.normalize(result, mean, std, scale=scale, dtype=dtype, layout_out=layout)
    return final


# ---- by hand


@pytest.mark.sample
def test_golden(backend: str) -> None:
    # Halved by the mean of 2 x 2, the middle 1 x 2 of 2 x 3, mirrored, then (x / 255 - 1/2) / (1/2).
    image = np.array([[0, 0, 51, 51, 9, 9], [0, 0, 51, 51, 9, 9], [1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1]], np.uint8)
    options: dict[str, Any] = {"resize": 2, "crop": (0, 0, 2, 1), "interpolation": "area"}
    assert_golden(px.preprocess(image, mean=0.5, std=0.5, **options), [[[-1, -0.6]]], 1e-6)
    assert_golden(px.preprocess(image, mean=0.5, std=0.5, flip=True, **options), [[[-0.6, -1]]], 1e-6)
    assert_golden(px.preprocess(image, dtype="uint8", **options), [[[0, 51]]])
    # Letterboxed: 2 x 3 in 3 x 3, the odd row of the margin below.
    boxed = px.preprocess(image, resize=3, fit="pad", pad_value=7, interpolation="area", dtype="uint8")
    assert_golden(boxed, [[[0, 51, 9], [1, 1, 1], [7, 7, 7]]])
    # 4 x 6 in 6 x 8, one pixel of margin all round.
    padded = px.preprocess(image, crop=(6, 8), pad_value=255)
    assert_golden(padded[0, :, 0], np.ones(6))
    assert_golden(padded[0, 0], np.ones(8))
    assert_golden(padded[0, 1, 1:-1] * 255, image[0], 1e-4)


# ---- the separate ops


@pytest.mark.sample
@pytest.mark.parametrize("dtype_out", OUTPUTS)
@pytest.mark.parametrize("geometry", GEOMETRIES, ids=str)
def test_equals_the_separate_ops(
    backend: str, rng: np.random.Generator, geometry: dict[str, Any], dtype_out: str
) -> None:
    shapes = [(37, 53), (53, 37), (24, 24)]
    if isinstance(geometry.get("crop"), tuple) and min(geometry["crop"]) < 0:
        geometry = {**geometry, "pad_value": (1, 2, 3)}
    for (shape, dtype), flip in itertools.product(zip(shapes, ("uint8", "uint16", "float32"), strict=True), (0, 1)):
        image = oracles.random_image(rng, (*shape, 3), dtype)
        mean, std = (MEAN[:3], STD[:3]) if dtype_out != "uint8" else (0.0, 1.0 if dtype == "uint8" else 257.0)
        options: dict[str, Any] = {**geometry, "flip": bool(flip), "mean": mean, "std": std, "dtype": dtype_out}
        assert_same(px.preprocess(image, **options), one_by_one(image, **options), (shape, dtype, flip))
        options["layout_out"] = "NHWC"
        assert_same(px.preprocess(image, **options), one_by_one(image, **options), (shape, dtype, flip, "NHWC"))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_equals_the_separate_ops_for_every_dtype(
    backend: str, rng: np.random.Generator, interpolation: str, dtype: str
) -> None:
    for channels, (geometry, flip, antialias) in zip(
        itertools.cycle(CHANNELS), itertools.product(GEOMETRIES, (False, True), (True, False)), strict=False
    ):
        height, width = (int(side) for side in rng.integers(20, 60, 2))
        image = oracles.random_image(rng, (height, width, channels), dtype)
        options: dict[str, Any] = {
            **geometry,
            "flip": flip,
            "antialias": antialias,
            "interpolation": interpolation,
            "mean": MEAN[:channels],
            "std": STD[:channels],
        }
        expected = one_by_one(image, **options)
        assert_same(px.preprocess(image, **options), expected, (image.shape, options))
        planar = np.ascontiguousarray(np.moveaxis(image, -1, 0))
        assert_same(px.preprocess(planar, layout="CHW", **options), expected, ("CHW", image.shape, options))


@pytest.mark.full
@pytest.mark.parametrize("dtype", DTYPES)
def test_equals_the_separate_ops_at_random(backend: str, rng: np.random.Generator, dtype: str) -> None:
    for _ in range(400):
        height, width, new_height, new_width, high, wide = (int(2 ** rng.uniform(0, 6.5)) for _ in range(6))
        left, top = (int(corner) for corner in rng.integers(-20, 40, 2))
        options: dict[str, Any] = {
            "resize": [None, new_height, (new_height, new_width)][rng.integers(3)],
            "crop": [None, high, (high, wide), (left, top, left + wide, top + high)][rng.integers(4)],
            "flip": bool(rng.integers(2)),
            "pad_value": int(rng.integers(0, 200)),
            "interpolation": INTERPOLATIONS[rng.integers(5)],
            "antialias": bool(rng.integers(2)),
            "dtype": OUTPUTS[rng.integers(3)],
            "layout_out": ["NCHW", "NHWC"][rng.integers(2)],
        }
        if options["resize"] is not None:
            options["fit"] = ["shorter", "stretch", "pad"][rng.integers(3)]
        image = oracles.random_image(rng, (height, width, int(rng.choice(CHANNELS))), dtype)
        assert_same(px.preprocess(image, **options), one_by_one(image, **options), (image.shape, options))


@pytest.mark.sample
@pytest.mark.parametrize("crop", [(-5, 0, 0, 10), (24, 0, 30, 10), (0, -9, 10, 0), (3, 24, 9, 30), (-9, -9, -1, -1)])
@pytest.mark.parametrize("flip", [False, True])
def test_a_window_beside_the_image_is_all_padding(backend: str, crop: tuple[int, ...], flip: bool) -> None:
    image = np.full((24, 24, 3), 200, np.uint8)
    out = np.full((3, crop[3] - crop[1], crop[2] - crop[0]), 99, np.uint8)
    px.preprocess(image, resize=24, crop=crop, flip=flip, pad_value=(1, 2, 3), dtype="uint8", out=out)
    assert (out == np.array([1, 2, 3])[:, None, None]).all()


def test_pixels_are_rounded_before_they_are_normalized(backend: str) -> None:
    image = np.array([[0, 1]], np.uint8)  # the mean is 1/2, and 1 when rounded
    assert px.preprocess(image, resize=(1, 1), interpolation="area", scale=1)[0, 0, 0] == 1
    assert px.preprocess(image.astype(np.float32), resize=(1, 1), interpolation="area")[0, 0, 0] == 0.5


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_order_of_the_passes_is_that_of_the_whole_image(backend: str, rng: np.random.Generator, dtype: str) -> None:
    """A crop that is cheaper the other way round must not change the bytes."""
    image = oracles.random_image(rng, (40, 300, 3), dtype)
    for crop in [(0, 0, 3, 90), (0, 40, 290, 43), (100, 10, 101, 11)]:
        options: dict[str, Any] = {"resize": (97, 290), "crop": crop, "interpolation": "lanczos"}
        assert_same(px.preprocess(image, **options), one_by_one(image, **options), crop)


# ---- lists and batches


@pytest.mark.sample
@pytest.mark.parametrize("dtype_out", OUTPUTS)
def test_a_list_of_mixed_sizes(backend: str, rng: np.random.Generator, dtype_out: str) -> None:
    shapes = [(37, 53), (53, 37), (224, 100), (24, 24), (1, 90), (90, 1), (31, 33)]
    images = [oracles.random_image(rng, (*shape, 3), "uint8") for shape in shapes]
    images[2] = images[2][::-1]
    images[3] = np.asfortranarray(images[3])
    flips = [True, False, False, True, True, False, True]
    for geometry in ({"resize": 24, "crop": 20}, {"resize": (20, 30)}, {"resize": 30, "fit": "pad", "pad_value": 9}):
        options: dict[str, Any] = {**geometry, "mean": MEAN[:3], "std": STD[:3], "dtype": dtype_out}
        if dtype_out == "uint8":
            options |= {"mean": 5.0, "std": 0.75}
        expected = np.stack([one_by_one(one, flip=flip, **options) for one, flip in zip(images, flips, strict=True)])
        assert_same(px.preprocess(images, flip=flips, **options), expected, geometry)
        out = np.zeros_like(expected)
        assert px.preprocess(images, flip=flips, out=out, **options) is out
        assert_same(out, expected, geometry)
        transform = px.Preprocess(**options)
        assert_same(transform(images, flip=flips), expected, geometry)


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_a_batch(backend: str, rng: np.random.Generator, dtype: str) -> None:
    batch = oracles.random_image(rng, (4, 45, 31, 3), dtype)
    for flip in (False, True, [True, False, False, True]):
        flips = flip if isinstance(flip, list) else [flip] * 4
        options: dict[str, Any] = {"resize": 20, "crop": 18, "mean": MEAN[:3], "std": STD[:3]}
        expected = np.stack([one_by_one(one, flip=f, **options) for one, f in zip(batch, flips, strict=True)])
        assert_same(px.preprocess(batch, flip=flip, **options), expected)
        planar = np.ascontiguousarray(batch.transpose(0, 3, 1, 2))
        assert_same(px.preprocess(planar, flip=flip, layout="NCHW", **options), expected)
        channels_last = px.preprocess(batch, flip=flip, layout_out="NHWC", **options)
        assert_same(np.ascontiguousarray(channels_last.transpose(0, 3, 1, 2)), expected)


def test_out_in_other_memory(backend: str, rng: np.random.Generator) -> None:
    image = oracles.random_image(rng, (45, 31, 3), "uint8")
    expected = px.preprocess(image, resize=20, crop=(18, 25), mean=MEAN[:3], std=STD[:3], pad_value=4)
    for name, memory in oracles.MEMORY.items():
        if name == "misaligned":
            continue  # refused
        out = memory(np.zeros_like(expected))
        px.preprocess(image, resize=20, crop=(18, 25), mean=MEAN[:3], std=STD[:3], pad_value=4, out=out)
        assert_same(np.ascontiguousarray(out), expected, name)


# ---- torchvision

SETTINGS = [
    ({"resize": 48, "crop": 40}, "bilinear"),
    ({"resize": 33, "crop": (31, 20)}, "bicubic"),
    ({"resize": (50, 41), "crop": 40}, "bilinear"),
    ({"resize": 150, "crop": 140}, "bicubic"),
    ({"resize": 30, "crop": 64}, "bilinear"),  # padded
]


@pytest.mark.sample
@pytest.mark.parametrize(("geometry", "interpolation"), SETTINGS, ids=str)
def test_is_that_of_torchvision_on_pillow(backend: str, geometry: dict[str, Any], interpolation: str) -> None:
    """Resize, CenterCrop, ToTensor and Normalize, on mid-range photographs as Pillow resizes them."""
    PIL = pytest.importorskip("PIL.Image")
    for height, width in [(120, 150), (151, 110)]:
        image = (40 + oracles.photograph(height, width) // 2).astype(np.uint8)
        sides = the_sides(height, width, geometry["resize"], "shorter")
        resized = oracles.pillow_resize(image, sides, interpolation)
        high, wide = (geometry["crop"],) * 2 if isinstance(geometry["crop"], int) else geometry["crop"]
        top, left = (
            -((c - s) // 2) if c > s else round((s - c) / 2.0) for s, c in zip(sides, (high, wide), strict=True)
        )
        cropped = cut(resized, left, top, left + wide, top + high, 0).transpose(2, 0, 1)
        for given in (image, PIL.fromarray(image)):
            levels = px.preprocess(given, **geometry, interpolation=interpolation, dtype="uint8")
            assert levels.shape == cropped.shape
            assert np.abs(levels.astype(int) - cropped).max() <= 1
            values = px.preprocess(given, **geometry, interpolation=interpolation, mean=MEAN[:3], std=STD[:3])
            mean, std = np.array(MEAN[:3])[:, None, None], np.array(STD[:3])[:, None, None]
            expected = (cropped / 255 - mean) / std
            assert (np.abs(values - expected) <= 1 / 255 / std + 1e-5).all()


@pytest.mark.parametrize(("geometry", "interpolation"), SETTINGS[:4], ids=str)
def test_is_that_of_torchvision(backend: str, geometry: dict[str, Any], interpolation: str) -> None:
    torchvision = pytest.importorskip("torchvision")
    PIL = pytest.importorskip("PIL.Image")
    transforms = torchvision.transforms
    image = PIL.fromarray((40 + oracles.photograph() // 2).astype(np.uint8))
    mode = transforms.InterpolationMode(interpolation)
    theirs = transforms.Compose(
        [
            transforms.Resize(geometry["resize"], mode),
            transforms.CenterCrop(geometry["crop"]),
            transforms.ToTensor(),
            transforms.Normalize(MEAN[:3], STD[:3]),
        ]
    )
    ours = transforms.Compose([px.Preprocess(**geometry, interpolation=interpolation, mean=MEAN[:3], std=STD[:3])])
    std = np.array(STD[:3])[:, None, None]
    assert (np.abs(ours(image) - theirs(image).numpy()) <= 1 / 255 / std + 1e-5).all()


# ---- coordinates


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("geometry", GEOMETRIES, ids=str)
def test_boxes_follow_the_pixels(backend: str, geometry: dict[str, Any], flip: bool) -> None:
    """A bright rectangle lies where its box, carried along, says; and the box comes back."""
    image = np.zeros((74, 106, 1), np.uint8)
    box = np.array([30.0, 18.0, 78.0, 56.0])
    image[18:56, 30:78] = 255
    result, transform = px.preprocess(
        image, flip=flip, return_transform=True, interpolation="area", scale=1, **geometry
    )
    there = transform.boxes(box)
    np.testing.assert_allclose(transform.inverse_boxes(there), box, atol=1e-9)
    # The area of the box inside the result is the sum of the pixels, up to one along its edges.
    height, width = result.shape[1:]
    left, top, right, bottom = np.clip(there, 0, [width, height, width, height])
    profile_x, profile_y = result[0].max(axis=0) / 255, result[0].max(axis=1) / 255
    if right - left < 1 or bottom - top < 1:
        return
    for profile, low, high in ((profile_x, left, right), (profile_y, top, bottom)):
        k = np.arange(len(profile))
        covered = np.clip(np.minimum(k + 1, high) - np.maximum(k, low), 0, 1)
        np.testing.assert_allclose(profile, covered, atol=0.02)


# ---- errors leave out as it is


def test_out_is_untouched_after_an_error(backend: str, rng: np.random.Generator) -> None:
    good, bad = oracles.random_image(rng, (20, 30, 3), "uint8"), oracles.random_image(rng, (20, 30, 4), "uint8")
    out = np.full((2, 3, 10, 10), 5, np.float32)
    with pytest.raises(ValueError, match=r"images\[1\]"):
        px.preprocess([good, bad], resize=10, crop=10, out=out)
    with pytest.raises(ValueError, match="out"):
        px.preprocess([good, good], resize=10, crop=11, out=out)
    assert (out == 5).all()
