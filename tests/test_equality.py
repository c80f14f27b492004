"""One answer: every instruction set, number of threads, layout and memory order gives the bytes of the reference."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import oracles
import pytest
from guard_pages import VIEWS, Guarded, assert_nothing_strays, looks_itself
from numpy.typing import NDArray
from oracles import CHANNELS, DTYPES, FILTERS, INTERPOLATIONS, MEMORY, WIDTHS, assert_same, random_image
from ways import WAYS, way

import pixlane as px

pytestmark = pytest.mark.skipif(not px.info()["native"], reason="the native module is not here")

ISAS: list[str] = px.info()["isa_available"]
THREADS = (1, 2, 3, 7)
Image = NDArray[Any]
Op = Callable[[Image], Image]


def reference(op: Op, image: Image) -> Image:
    with px.use_backend("reference"):
        return op(image)


def assert_one_answer(op: Op, image: Image, what: object, expected: Image | None = None) -> Image:
    """The bytes of the reference on every instruction set; gives them."""
    expected = reference(op, image) if expected is None else expected
    for name in WAYS:
        with way(name):
            assert_same(op(image), expected, (name, what))
    return expected


def noise(rng: np.random.Generator, shape: tuple[int, ...], dtype: str) -> Image:
    """Random pixels; floats of both signs and many magnitudes, with a NaN or an infinity now and then."""
    image = random_image(rng, shape, dtype)
    if image.dtype.kind == "f":
        image = (image - image.dtype.type(0.4)) * image.dtype.type(rng.choice([1, 300]))
        if rng.random() < 0.2 and image.size:
            image.flat[rng.integers(image.size)] = rng.choice([np.nan, np.inf, -np.inf, -0.0])
    return image


def resizing(size: tuple[int, int], **options: Any) -> Op:
    return lambda image: px.resize(image, size, **options)


# ---- resize


def sizes_around(width: int, height: int, kind: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """An input and an output (height, width) of which one is ``width`` wide: down, up, one side only, far apart."""
    other = (
        ((height, 2 * width + 1), (height // 2 + 1, width)),
        ((height, width), (height + 3, width * 3 // 2 + 1)),
        ((height, width + 5), (height, width)),
        ((2 * height + 1, width), (height, width)),
        ((height, 9 * width), (height + 1, width)),
        ((height, width // 3 + 1), (max(1, height // 4), width)),
        ((height, width), (height, width)),
    )
    return other[kind % len(other)]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_resize_widths(rng: np.random.Generator, interpolation: str, dtype: str) -> None:
    """Each width from 1 to 67, primes, and lane counts - 1, 0, + 1; the other choices take turns."""
    for turn, width in enumerate(WIDTHS):
        channels = CHANNELS[turn % 6]
        shape, size = sizes_around(width, 7, int(rng.integers(7)))
        image = noise(rng, (*shape, channels), dtype)
        options: dict[str, Any] = {"interpolation": interpolation, "antialias": bool(rng.random() < 0.7)}
        if rng.random() < 0.3:
            options["box"] = (0.3, 0.6, shape[1] - 0.1, float(shape[0]))
        if channels in (2, 4) and interpolation != "nearest" and rng.random() < 0.4:
            options["premultiply"] = True
        expected = assert_one_answer(resizing(size, **options), image, (shape, size, channels, options))
        planar = np.ascontiguousarray(np.moveaxis(image, -1, 0))
        planar_op = resizing(size, layout="CHW", **options)
        assert_one_answer(planar_op, planar, ("CHW", shape, size, channels, options), np.moveaxis(expected, -1, 0))


@pytest.mark.full
@pytest.mark.parametrize("premultiply", [False, True])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_resize_everything(rng: np.random.Generator, interpolation: str, dtype: str, premultiply: bool) -> None:
    if premultiply and interpolation == "nearest":
        pytest.skip("nearest mixes nothing")
    every = itertools.product(WIDTHS, (2, 4) if premultiply else CHANNELS, range(7))
    for width, channels, kind in every:
        shape, size = sizes_around(width, int(rng.integers(1, 20)), kind)
        image = noise(rng, (*shape, channels), dtype)
        box = (shape[1] * 0.2, shape[0] * 0.1, shape[1] * 0.9, shape[0] * 1.0) if rng.random() < 0.3 else None
        antialias = bool(rng.random() < 0.7)
        options: dict[str, Any] = {"interpolation": interpolation, "antialias": antialias, "box": box}
        op = resizing(size, premultiply=premultiply, **options)
        assert_one_answer(op, image, (shape, size, channels, options))


@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_resize_heights(rng: np.random.Generator, interpolation: str) -> None:
    """Tall images: every height around the rows that a kernel takes at once."""
    for height, dtype in zip((*range(1, 36), 63, 64, 65, 127, 128, 129), itertools.cycle(DTYPES), strict=False):
        image = noise(rng, (height, 13, 3), dtype)
        for new_height in (height // 2 + 1, 2 * height + 1):
            for size in ((new_height, 13), (new_height, 7)):
                op = resizing(size, interpolation=interpolation)
                assert_one_answer(op, image, (dtype, height, size))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_resize_ratios(rng: np.random.Generator, interpolation: str, dtype: str) -> None:
    """Ratios at which plans change: whole ones, close to one, many taps, huge."""
    for shape, size in [
        ((64, 64), (32, 32)),
        ((64, 96), (16, 24)),
        ((64, 64), (63, 65)),
        ((31, 33), (62, 66)),
        ((700, 20), (5, 7)),
        ((20, 700), (7, 5)),
        ((1, 1), (33, 70)),
        ((33, 70), (1, 1)),
        ((1, 3000), (1, 2)),
        ((3, 2), (200, 300)),
    ]:
        channels = int(rng.choice(CHANNELS))
        for antialias in (True, False):
            op = resizing(size, interpolation=interpolation, antialias=antialias)
            assert_one_answer(op, noise(rng, (*shape, channels), dtype), (shape, size, channels, antialias))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float16", "float32"])
@pytest.mark.parametrize("interpolation", FILTERS)
def test_resize_walks(rng: np.random.Generator, interpolation: str, dtype: str) -> None:
    """Down the rows once for 1 to 7 results under way: every ratio, strips of several groups, all widths of a block."""
    widths = itertools.cycle((1, 15, 16, 17, 31, 63, 64, 65, 127, 128, 129, 200, 321))
    for turn, ratio in enumerate((1.02, 1.2, 1.25, 1.5, 5 / 3, 2.0, 2.01, 2.5, 3.0, 4.8, 7.3, 11.0)):
        height, width, channels = int(rng.integers(40, 150)), next(widths), CHANNELS[turn % 6]
        image = noise(rng, (round(height * ratio), width, channels), dtype)
        for size in ((height, width), (height, max(1, round(width / ratio))), (height, 2 * width)):
            op = resizing(size, interpolation=interpolation, antialias=turn % 4 != 3)
            assert_one_answer(op, image, (image.shape, size, turn))


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
@pytest.mark.parametrize(("height", "new_height"), [(11, 7), (147, 81), (33, 22), (90, 60), (75, 45)])
def test_resize_where_a_filter_is_zero_at_whole_pixels(
    rng: np.random.Generator, height: int, new_height: int, dtype: str
) -> None:
    """A result that falls on a pixel reads only that: it begins after the next one, and ends before the last one."""
    image = noise(rng, (height, 70, 2), dtype)
    if dtype == "float32":
        image[::5, ::7] = np.nan
        image[1::5, ::3] = -0.0
    for interpolation, width in itertools.product(("bilinear", "bicubic", "lanczos"), (70, 60, 9)):
        op = resizing((new_height, width), interpolation=interpolation, antialias=False)
        assert_one_answer(op, image, (interpolation, width))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float16", "float32"])
def test_resize_reads_windows_of_all_widths(rng: np.random.Generator, dtype: str) -> None:
    """The horizontal pass by permutations: one to four registers, whole and broken pixels, all places of the end."""
    for turn, ratio in enumerate((0.2, 0.4, 0.5, 0.8, 1.1, 1.5, 1.7, 2.0, 2.2, 2.6)):
        for channels in (1, 2, 3, 4, 5, 7, 16, 17):
            width = int(rng.integers(64, 150))
            image = noise(rng, (11, width, channels), dtype)
            op = resizing((11 - turn % 3, max(1, round(width / ratio))), interpolation=FILTERS[(turn + channels) % 4])
            assert_one_answer(op, image, (image.shape, ratio))


@pytest.mark.parametrize("values", ["zeros", "largest", "steps", "checkers"])
@pytest.mark.parametrize("interpolation", FILTERS)
def test_resize_of_extreme_integers(interpolation: str, values: str) -> None:
    """What would overflow a sum, or saturate between the passes, if anything did."""
    y, x = np.mgrid[0:40, 0:66]
    pattern = {"zeros": x * 0, "largest": x * 0 + 1, "steps": x // 11 % 2, "checkers": (x + y) % 2}[values]
    for dtype in oracles.INTEGERS:
        limits = np.iinfo(dtype)
        image = np.where(pattern[..., None] == 1, limits.max, limits.min).astype(dtype)
        for size in [(13, 20), (80, 131), (41, 65), (3, 130), (130, 3)]:
            assert_one_answer(resizing(size, interpolation=interpolation), image, (dtype, size))


@pytest.mark.parametrize("memory", MEMORY)
@pytest.mark.parametrize("dtype", DTYPES)
def test_resize_memory(rng: np.random.Generator, dtype: str, memory: str) -> None:
    for interpolation, channels in itertools.product(INTERPOLATIONS, CHANNELS):
        image = noise(rng, (21, 35, channels), dtype)
        for size in [(11, 19), (30, 50), (21, 50), (11, 35), (21, 35)]:
            op = resizing(size, interpolation=interpolation)
            expected = reference(op, image)
            assert_one_answer(op, MEMORY[memory](image), (interpolation, channels, size), expected)


@pytest.mark.parametrize("memory", MEMORY)
@pytest.mark.parametrize("dtype", DTYPES)
def test_resize_premultiply(rng: np.random.Generator, dtype: str, memory: str) -> None:
    for interpolation, channels in itertools.product(FILTERS, (2, 4)):
        image = noise(rng, (21, 35, channels), dtype)
        for size in [(11, 19), (30, 50), (21, 50), (11, 35), (21, 35)]:
            what = (interpolation, channels, size)
            op = resizing(size, interpolation=interpolation, premultiply=True)
            expected = assert_one_answer(op, MEMORY[memory](image), what, reference(op, image))
            planar = np.moveaxis(MEMORY[memory](image), -1, 0)
            op = resizing(size, interpolation=interpolation, premultiply=True, layout="CHW")
            assert_one_answer(op, planar, ("CHW", *what), np.ascontiguousarray(np.moveaxis(expected, -1, 0)))


@pytest.mark.parametrize("dtype", DTYPES)
def test_resize_zero_strides(rng: np.random.Generator, dtype: str) -> None:
    """A broadcast row, column, pixel or channel is read in place."""
    for narrow in [(1, 35, 3), (21, 1, 3), (21, 35, 1), (1, 1, 3), (1, 1, 1)]:
        image = np.broadcast_to(noise(rng, narrow, dtype), (21, 35, 3))
        for interpolation, size in itertools.product(INTERPOLATIONS, [(11, 19), (30, 50), (21, 19), (30, 35)]):
            op = resizing(size, interpolation=interpolation)
            expected = reference(op, np.ascontiguousarray(image))
            assert_one_answer(op, image, (narrow, interpolation, size), expected)


@pytest.mark.parametrize("memory", [name for name in MEMORY if name != "misaligned"])
def test_resize_into_any_memory(rng: np.random.Generator, memory: str) -> None:
    for dtype, channels, interpolation in itertools.product(DTYPES, (1, 3, 4, 9), ("nearest", "bicubic")):
        image = noise(rng, (21, 35, channels), dtype)
        for size in [(11, 19), (30, 50), (21, 35)]:
            expected = reference(resizing(size, interpolation=interpolation), image)
            for isa in ISAS:
                out = MEMORY[memory](np.zeros_like(expected))
                with px.use_backend("native"), px.use_isa(isa):
                    px.resize(image, size, interpolation=interpolation, out=out)
                assert_same(np.ascontiguousarray(out), expected, (isa, dtype, channels, size))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_resize_threads(rng: np.random.Generator, interpolation: str, dtype: str) -> None:
    """Large enough to be split; where strips begin changes nothing."""
    cases = [((301, 403), (151, 260)), ((151, 260), (380, 333)), ((37, 2000), (70, 900)), ((900, 60), (451, 70))]
    for shape, size in cases:
        image = noise(rng, (*shape, 3), dtype)
        for source, layout in ((image, "HWC"), (np.ascontiguousarray(np.moveaxis(image, -1, 0)), "CHW")):
            expected = None
            for threads in THREADS:
                with px.use_backend("native"), px.num_threads(threads):
                    result = px.resize(source, size, interpolation=interpolation, layout=layout)
                expected = result if expected is None else expected
                assert_same(result, expected, (threads, shape, layout))
    op = resizing(size, interpolation=interpolation)
    assert_one_answer(op, image, "threads and reference")


def test_resize_of_a_batch_by_threads(rng: np.random.Generator) -> None:
    batch = noise(rng, (9, 90, 120, 3), "uint8")
    expected = reference(resizing((50, 64)), batch)
    for threads, isa in itertools.product(THREADS, WAYS):
        with way(isa), px.num_threads(threads):
            assert_same(px.resize(batch, (50, 64)), expected, (threads, isa))


@pytest.mark.parametrize("dtype", ["bool", "int8", "int32", "uint32", "int64", "uint64"])
def test_nearest_of_moved_dtypes(rng: np.random.Generator, dtype: str) -> None:
    for width, channels in zip(WIDTHS, itertools.cycle(CHANNELS), strict=False):
        image = random_image(rng, (5, width, channels), dtype)
        for size in [(3, 2 * width + 1), (9, width // 2 + 1)]:
            assert_one_answer(resizing(size, interpolation="nearest"), image, (width, channels, size))


# ---- normalize

MEAN = (0.485, 0.456, 0.406, 0.5, 0.25, 0.1, 0.7, 0.33, 0.9)
STD = (0.229, 0.224, 0.225, 0.25, 0.5, 0.3, 0.2, 0.11, 1.5)


def normalizing(channels: int, dtype: str, **options: Any) -> Op:
    return lambda image: px.normalize(image, MEAN[:channels], STD[:channels], dtype=dtype, **options)


@pytest.mark.parametrize("dtype_out", ["float32", "float16", "float64", "uint8"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_normalize_widths(rng: np.random.Generator, dtype: str, dtype_out: str) -> None:
    for turn, width in enumerate(WIDTHS):
        channels = CHANNELS[turn % 6]
        image = noise(rng, (3, width, channels), dtype)
        planar = np.ascontiguousarray(np.moveaxis(image, -1, 0))
        for layout, layout_out in itertools.product(("HWC", "CHW"), repeat=2):
            source = image if layout == "HWC" else planar
            op = normalizing(channels, dtype_out, layout=layout, layout_out=layout_out)
            assert_one_answer(op, source, (width, channels, layout, layout_out))


@pytest.mark.parametrize("memory", MEMORY)
@pytest.mark.parametrize("dtype", DTYPES)
def test_normalize_memory(rng: np.random.Generator, dtype: str, memory: str) -> None:
    for channels, dtype_out in itertools.product(CHANNELS, ("float32", "float16", "float64", "uint8")):
        image = noise(rng, (7, 37, channels), dtype)
        for layout_out in ("HWC", "CHW"):
            op = normalizing(channels, dtype_out, layout_out=layout_out)
            assert_one_answer(op, MEMORY[memory](image), (channels, dtype_out), reference(op, image))


@pytest.mark.parametrize("dtype", DTYPES)
def test_normalize_threads(rng: np.random.Generator, dtype: str) -> None:
    image = noise(rng, (311, 403, 3), dtype)
    for layout_out in ("HWC", "CHW"):
        op = normalizing(3, "float32", layout_out=layout_out)
        expected = reference(op, image)
        for threads, isa in itertools.product(THREADS, WAYS):
            with way(isa), px.num_threads(threads):
                assert_same(op(image), expected, (threads, isa, layout_out))


# ---- preprocess

GEOMETRIES: list[dict[str, Any]] = [
    {"resize": 20, "crop": 17},
    {"resize": (18, 31)},
    {"resize": 33, "fit": "pad", "pad_value": 7},
    {"resize": 25, "crop": (3, 2, 30, 22), "flip": True},
    {"crop": (40, 64), "pad_value": 3},
    {"resize": 70, "crop": (33, 65), "flip": True},
    {},
]


@pytest.mark.parametrize("dtype_out", ["float32", "float16", "uint8"])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_preprocess(rng: np.random.Generator, interpolation: str, dtype: str, dtype_out: str) -> None:
    for geometry, channels in itertools.product(GEOMETRIES, (1, 3, 4) if dtype != "uint8" else CHANNELS):
        image = noise(rng, (29, 43, channels), dtype)
        memory = list(MEMORY)[int(rng.integers(len(MEMORY)))]
        layout_out = "NCHW" if rng.random() < 0.5 else "NHWC"
        mean = [128.0 * m if dtype_out == "uint8" else m for m in MEAN[:channels]]
        options = {
            **geometry,
            "interpolation": interpolation,
            "mean": mean,
            "std": STD[:channels],
            "dtype": dtype_out,
            "layout_out": layout_out,
        }

        def op(image: Image, options: dict[str, Any] = options) -> Image:
            result: Image = px.preprocess(image, **options)
            return result

        expected = reference(op, image)
        assert_one_answer(op, MEMORY[memory](image), (memory, options), expected)


@pytest.mark.parametrize("dtype_out", ["float32", "float16", "uint8"])
def test_preprocess_widths(rng: np.random.Generator, dtype_out: str) -> None:
    """Every width of the result, and where in the resized image it begins."""
    for width in WIDTHS:
        image = noise(rng, (11, width + 20, 3), "uint8")
        left = int(rng.integers(-3, 9))
        for flip in (False, True):
            options: dict[str, Any] = {"resize": (9, width + 7), "crop": (left, 1, left + width, 8), "flip": flip}

            def op(image: Image, options: dict[str, Any] = options) -> Image:
                result: Image = px.preprocess(image, mean=MEAN[:3], std=STD[:3], dtype=dtype_out, **options)
                return result

            assert_one_answer(op, image, options)


@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_preprocess_of_few_columns(rng: np.random.Generator, interpolation: str, dtype: str, channels: int) -> None:
    """A narrow window anywhere in the image, to its last column, where filters are cut off."""
    for wide, new_wide in ((27, 24), (12, 13), (101, 24)):
        image = noise(rng, (8, wide, channels), dtype)
        for left in {0, 1, new_wide // 2, *range(new_wide - 6, new_wide)}:
            right = min(new_wide, left + int(rng.integers(1, 5)))
            options: dict[str, Any] = {
                "resize": (7, new_wide),
                "crop": (left, 0, right, 7),
                "flip": bool(rng.random() < 0.5),
                "interpolation": interpolation,
                "antialias": bool(rng.random() < 0.5),
            }

            def op(image: Image, options: dict[str, Any] = options) -> Image:
                result: Image = px.preprocess(image, **options)
                return result

            assert_one_answer(op, image, (wide, options))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_preprocess_threads(rng: np.random.Generator, dtype: str) -> None:
    shapes = [(200, 301), (301, 200), (97, 350), (224, 224), (30, 31)]
    images = [noise(rng, (*shape, 3), dtype) for shape in shapes]
    flips = [True, False, True, False, False]
    options: dict[str, Any] = {"resize": 128, "crop": 112, "mean": MEAN[:3], "std": STD[:3], "flip": flips}
    with px.use_backend("reference"):
        expected = px.preprocess(images, **options)
    for threads, isa in itertools.product(THREADS, WAYS):
        with way(isa), px.num_threads(threads):
            assert_same(px.preprocess(images, **options), expected, (threads, isa))
            assert_same(
                px.preprocess(images[0], resize=128, crop=112, mean=MEAN[:3], std=STD[:3], flip=True), expected[0]
            )


def test_the_comparison_can_fail() -> None:
    """-0 is not 0, NaN is any NaN, a moved pixel is seen."""
    zeros = np.zeros((3, 3), np.float32)
    assert not oracles.same_bytes(zeros, -zeros)
    assert not oracles.same_bytes(zeros, zeros.astype(np.float64))
    assert not oracles.same_bytes(np.array([np.nan, 1.0]), np.array([1.0, np.nan]))
    assert oracles.same_bytes(np.array([np.nan]), -np.array([np.nan]))
    image = np.arange(9, dtype=np.uint8)
    with pytest.raises(AssertionError, match="2 of 9 differ"):
        assert_same(image[[1, 0, *range(2, 9)]], image)


# ---- the memory around an image


SHAPES = ((23, 41), (9, 130), (2, 3), (3, 2), (1, 1), (40, 5))  # of images between pages, and of results: up and down


def stray(isa: str) -> None:
    """Views of many kinds, as image and as result, between pages that must not be touched."""
    rng = np.random.default_rng(6)
    sources, others, results = Guarded(1 << 17), Guarded(1 << 17), Guarded(1 << 18)
    every = itertools.product(DTYPES, (1, 2, 3, 4, 5, 6), VIEWS, (False, True))
    for turn, (dtype, channels, view, at_the_end) in enumerate(every):
        shape, size = SHAPES[turn % 6], SHAPES[(turn + turn // 6) % 6]
        pixels = noise(rng, (*shape, channels), dtype)
        image = sources.put(VIEWS[view](pixels), at_the_end)
        out_view = VIEWS[list(VIEWS)[int(rng.integers(len(VIEWS)))]]
        ops = [
            functools.partial(px.resize, size=size, interpolation=interpolation, antialias=antialias, premultiply=mixed)
            for interpolation in INTERPOLATIONS
            for antialias in (False, True)
            for mixed in ((False, True) if channels in (2, 4) and interpolation != "nearest" else (False,))
        ]
        ops += [
            functools.partial(px.normalize, mean=0.5, std=0.25),
            functools.partial(px.normalize, mean=0.5, std=0.25, dtype="float16"),
            functools.partial(px.preprocess, resize=size, fit="stretch", mean=0.5, std=0.25, layout_out="NHWC"),
            functools.partial(px.preprocess, resize=13, crop=8, flip=True, mean=0.5, std=0.25, layout_out="NHWC"),
            functools.partial(px.preprocess, resize=15, fit="pad", interpolation="nearest", layout_out="NHWC"),
        ]
        for op in ops:
            with px.use_backend("native"), px.use_isa(isa):
                expected = op(pixels)
                assert_same(op(image), expected, (op, view, at_the_end))
                out = results.put(out_view(np.zeros_like(expected)), at_the_end)
                op(image, out=out)
            assert_same(out.copy(), expected, (op, dtype, view, at_the_end))
        planar = others.put(np.ascontiguousarray(np.moveaxis(pixels, -1, 0)), at_the_end)
        with px.use_backend("native"), px.use_isa(isa):
            for interpolation in INTERPOLATIONS:
                resized = px.resize(planar, size, interpolation=interpolation, layout="CHW")
                px.resize(planar, size, interpolation=interpolation, layout="CHW", out=results.put(resized, at_the_end))
            normal = px.normalize(image, 0.5, 0.25, layout_out="CHW")
            px.normalize(image, 0.5, 0.25, layout_out="CHW", out=results.put(normal, at_the_end))
            px.preprocess([image, others.put(VIEWS[view](pixels), at_the_end)], resize=9, fit="stretch")


@looks_itself
@pytest.mark.parametrize("isa", ISAS)
def test_nothing_outside_is_touched(isa: str) -> None:
    assert_nothing_strays(__file__, isa)
