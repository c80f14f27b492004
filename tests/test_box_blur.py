"""box_blur: the mean, rounded once; SciPy's and OpenCV's; masks; what windows hold and nothing else."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from filter_oracles import BORDERS, SCIPY, assert_sum, weighted_sum
from guard_pages import VIEWS, Guarded, assert_nothing_strays, looks_itself
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from oracles import CHANNELS, DTYPES, MEMORY, WIDTHS, assert_golden, assert_same, random_image
from test_geometry_equality import ISAS, SIDES, THREADS, assert_one_answer, noise

import pixlane as px


def test_by_hand(backend: str) -> None:
    row = np.array([[0, 0, 90, 0, 0]], np.uint8)
    assert_golden(px.box_blur(row, (1, 3)), [[0, 30, 30, 30, 0]])
    assert_golden(px.box_blur(row, (1, 2)), [[0, 0, 45, 45, 0]])  # begins 2 // 2 before
    assert_golden(px.box_blur(np.array([[1, 2]], np.uint8), (1, 2), border="edge"), [[1, 2]])  # 1.5 is rounded up
    assert_golden(px.box_blur(np.array([[-1, -2]], np.int16), (1, 2), border="edge"), [[-1, -1]])
    assert_golden(px.box_blur(row.T, 3, border="constant", value=9), [[7], [16], [16], [16], [7]])
    column = np.array([[0], [6], [0]], np.float32)
    assert_golden(px.box_blur(column, (3, 1)), [[4], [2], [4]])
    assert_golden(px.box_blur(column, (3, 1), border="constant", value=3), [[3], [2], [3]])


def test_masks_by_hand(backend: str) -> None:
    row = np.array([[10, 20, 99, 40]], np.uint8)
    mask = np.array([[True, True, False, False]])
    assert_golden(px.box_blur(row, (1, 3), mask=mask, border="edge"), [[13, 15, 20, 0]])
    assert_golden(px.box_blur(row, (1, 3), mask=mask, border="constant", value=4), [[11, 15, 20, 4]])
    assert_golden(px.box_blur(row, (1, 3), mask=mask.astype(np.uint8) * 7, border="edge"), [[13, 15, 20, 0]])
    floats = np.array([[1, 4, np.nan, np.inf]], np.float32)
    assert_golden(px.box_blur(floats, (1, 3), mask=mask, border="edge"), [[2, 2.5, 4, 0]])


@pytest.mark.sample
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_formula(backend: str, rng: np.random.Generator, dtype: str) -> None:
    for turn, width in enumerate((*range(1, 20), 31, 33, 64, 130)):
        image = random_image(rng, (int(rng.integers(1, 30)), width, 1 + turn % 5), dtype)
        height, across = (int(side) for side in rng.integers(1, 12 if turn % 5 else 70, 2))
        border = (BORDERS[turn % 5], BORDERS[(turn + 2) % 5])
        total, magnitude = weighted_sum(image, np.ones((height, across)), None, border, 1)
        area = height * across
        for result in (None, DTYPES[turn % len(DTYPES)]):
            have = px.box_blur(image, (height, across), border=border, value=1, dtype=result)
            exact = image.dtype.kind in "iu"
            assert_sum(have, (total / area, magnitude / area), exact, (image.shape, height, across, border, result))


def test_every_division_of_words() -> None:
    """Up to 256 uint8 are summed in 16 bits: every sum at which their mean changes, and those beside it."""
    for area in range(1, 257):
        sums = np.unique(
            np.clip(np.arange(256)[:, None] * area - (area + 1) // 2 + np.arange(-2, 3), 0, 255 * area).ravel()
        )
        # A column for each sum: its parts as equal as they can be.
        image = (sums // area + (np.arange(area)[:, None] < sums % area)).astype(np.uint8)
        have = px.box_blur(image, (area, 1), border="constant")[area // 2]
        assert_same(have, ((2 * sums + area) // (2 * area)).astype(np.uint8), area)


@pytest.mark.parametrize("dtype", DTYPES)
def test_masks_leave_what_counts(backend: str, rng: np.random.Generator, dtype: str) -> None:
    for turn, (width, share) in enumerate(itertools.product((1, 7, 20, 33, 65), (0.03, 0.5, 0.97))):
        image = random_image(rng, (int(rng.integers(1, 30)), width, 1 + turn % 5), dtype)
        height, across = (int(side) for side in rng.integers(1, 12 if turn % 4 else 60, 2))
        border = (BORDERS[turn % 5], BORDERS[(turn + 2) % 5])
        mask = rng.random(image.shape[:2]) < share
        kernel = np.ones((height, across))
        covered = np.where(mask[..., None], image, np.zeros((), dtype))
        total, magnitude = weighted_sum(covered, kernel, None, border, 1)
        counts, _ = weighted_sum(mask[..., None].astype(np.uint8), kernel, None, border, 1)
        expected = np.divide(total, counts, out=np.zeros_like(total), where=counts > 0)
        sizes = np.divide(magnitude, counts, out=np.zeros_like(total), where=counts > 0)
        if dtype.startswith("float"):
            image = np.where(mask[..., None], image, rng.choice([np.nan, np.inf, -np.inf])).astype(dtype)
        have = px.box_blur(image, (height, across), mask=mask, border=border, value=1)
        assert_sum(have, (expected, sizes), image.dtype.kind in "iu", (image.shape, height, across, border))


def test_like_others(backend: str, rng: np.random.Generator) -> None:
    ndimage, cv2 = pytest.importorskip("scipy.ndimage"), pytest.importorskip("cv2")
    image = rng.random((40, 51))
    for size, border in itertools.product((1, 2, 3, 6, 7, 31), BORDERS):
        expected = ndimage.uniform_filter(image, size, mode=SCIPY[border])
        np.testing.assert_allclose(px.box_blur(image, size, border=border), expected, atol=1e-13)
    for size in (3, 5, 15):
        photo = random_image(rng, (60, 71, 3), "uint8")
        assert_same(px.box_blur(photo, size), cv2.blur(photo, (size, size)))  # 101 is reflect


def test_nothing_is_left_of_what_leaves_a_window(backend: str, rng: np.random.Generator) -> None:
    # Running sums of reals would keep the error of a huge sample, or its NaN, to the end of the column.
    for height, strange in itertools.product((3, 9, 40), (np.nan, np.inf, 3e38)):
        image = rng.random((120, 60), dtype=np.float32)
        with_it = image.copy()
        with_it[30, 20] = strange
        plain, have = px.box_blur(image, (height, 5)), px.box_blur(with_it, (height, 5))
        reached = np.zeros(image.shape, bool)
        reached[30 - (height - 1 - height // 2) : 30 + height // 2 + 1, 18:23] = True
        assert_same(np.where(reached, 0, have), np.where(reached, 0, plain), (height, strange))
        assert not (have[reached] == plain[reached]).any()


def test_batches_and_layouts(backend: str, rng: np.random.Generator) -> None:
    images = random_image(rng, (3, 20, 31, 3), "uint8")
    masks = rng.random((3, 20, 31)) < 0.5
    expected = np.stack([px.box_blur(image, (4, 7), mask=mask) for image, mask in zip(images, masks, strict=True)])
    assert_same(px.box_blur(images, (4, 7), mask=masks), expected)
    assert_same(px.box_blur(images, (4, 7), mask=masks[0])[0], expected[0])
    planes = np.ascontiguousarray(images.transpose(0, 3, 1, 2))
    assert_same(px.box_blur(planes, (4, 7), mask=masks, layout="NCHW"), expected.transpose(0, 3, 1, 2))


def test_a_mask_is_read_at_each_call(backend: str, rng: np.random.Generator) -> None:
    image, mask = random_image(rng, (20, 31, 3), "uint8"), rng.random((20, 31)) < 0.5
    first, copied = px.box_blur(image, 5, mask=mask), mask.copy()
    np.logical_not(mask, out=mask)
    assert not np.array_equal(px.box_blur(image, 5, mask=mask), first)
    assert_same(px.box_blur(image, 5, mask=copied), first)
    with pytest.raises(ValueError, match="overlaps"):
        px.box_blur(copied.view(np.uint8), 3, mask=mask, out=mask.view(np.uint8))
    pil = pytest.importorskip("PIL.Image")
    out = np.empty_like(image)
    assert_same(px.box_blur(image, 5, mask=pil.fromarray(copied.view(np.uint8) * 255), out=out), first)


def test_empty(backend: str) -> None:
    for shape in ((0, 5, 3), (5, 0, 3), (5, 5, 0), (0, 4, 4, 3)):
        assert px.box_blur(np.zeros(shape, np.uint8), 3).shape == shape


def test_bad_input(backend: str) -> None:
    image = np.zeros((4, 5), np.uint8)
    for size, error, words in (
        (0, ValueError, "size must be at least 1"),
        (-3, ValueError, "size must be at least 1"),
        ((3, 0), ValueError, r"at least \(1, 1\)"),
        (3.0, TypeError, "size must be an int"),
        (True, TypeError, "size must be an int"),
        ((3, 3, 3), ValueError, "height, width"),
        (2**16, ValueError, r"2\*\*30"),
        ("3", TypeError, "size must be an int"),
    ):
        with pytest.raises(error, match=words):
            px.box_blur(image, size)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="mask must have shape"):
        px.box_blur(image, 3, mask=np.ones((5, 4), bool))
    with pytest.raises(TypeError, match="mask must be of bool or uint8"):
        px.box_blur(image, 3, mask=np.ones((4, 5)))
    with pytest.raises(TypeError, match="dtype must be one of"):
        px.box_blur(image, 3, dtype="bool")
    with pytest.raises(ValueError, match="border must be one of"):
        px.box_blur(image, 3, border="mirror")
    with pytest.raises(ValueError, match="overlap"):
        px.box_blur(image, 3, out=image)


# ---- one answer

native = pytest.mark.skipif(not px.info()["native"], reason="the native module is not here")


@native
@pytest.mark.sample
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("result", [None, "uint8", "uint16", "int16", "float16", "float32", "float64"])
def test_means_of_every_width(rng: np.random.Generator, dtype: str, result: str | None) -> None:
    for turn, width in enumerate(WIDTHS):
        image = noise(rng, (int(rng.integers(1, 40)), width, CHANNELS[turn % 6]), dtype)
        size = tuple(int(side) for side in rng.integers(1, 20 if turn % 5 else 80, 2))
        border = (BORDERS[turn % 5], BORDERS[(turn + 2) % 5])
        mask = None if turn % 3 else rng.random(image.shape[:2]) < 0.5
        op = lambda image, s=size, b=border, m=mask: px.box_blur(image, s, mask=m, border=b, value=1, dtype=result)  # noqa: E731
        assert_one_answer(op, image, (size, border, image.shape))


@native
@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16"])
def test_every_division_of_32_bits(rng: np.random.Generator, isa: str, dtype: str) -> None:
    """Sums at which a mean changes, and those beside it, for areas at which another division begins."""
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    for area in (3, 25, 30, 31, 32, 33, 257, 1000, 4096, 4097, 16383, 16384, 20000):
        means = np.unique(np.append(rng.integers(low, high, 60, endpoint=True), [low, low + 1, -1, 0, 1, high]))
        sums = means[:, None] * area - (area + 1) // 2 + np.arange(-2, 3)
        sums = np.unique(np.clip(sums, low * area, high * area).ravel())
        image = (sums // area + (np.arange(area)[:, None] < sums % area)).astype(dtype)
        # Bytes become words, so that sums of few of them take 32 bits, too; nothing is cut off there.
        for result in (dtype, "int16"):
            with px.use_backend("native"), px.use_isa(isa):
                have = px.box_blur(image, (area, 1), border="constant", dtype=result)[area // 2]
            limits = np.iinfo(result)
            expected = np.clip((2 * sums + area) // (2 * area), limits.min, limits.max)
            assert_same(have, expected.astype(result), (area, result))


@native
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16"])
def test_running_sums(rng: np.random.Generator, dtype: str) -> None:
    """Rows whose running sums wrap, of one piece and of several; up to four channels have them, five have not."""
    limits = np.iinfo(dtype)
    for channels, width in itertools.product((1, 2, 3, 4, 5), (9, 40, 257, 700)):
        shape = (18, width * 2 if channels == 1 else width, channels)
        size = ((19, 7), (31, 31), (17, 16), (16, 200))[(channels + width) % 4]
        for image in (noise(rng, shape, dtype), np.full(shape, limits.min, dtype), np.full(shape, limits.max, dtype)):
            for result in (dtype, "float32")[: 1 + channels % 2]:
                op = lambda image, s=size, r=result: px.box_blur(image, s, dtype=r)  # noqa: E731
                assert_one_answer(op, image, (shape, size, result))


@native
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_groups_of_eight_rows(rng: np.random.Generator, dtype: str) -> None:
    """Several groups of eight rows of results at once, fewer at the end; rows that are copied and rows that are not."""
    for turn, height in enumerate((1, 7, 8, 9, 16, 31, 32, 33, 40, 63, 65)):
        for width, channels in ((64, 2), (128, 4), (WIDTHS[4 * turn], 1), (301 + turn, 3)):
            rows = (8, 15, 17, 31, 32)[(turn + channels) % 5]
            border = (BORDERS[turn % 5], BORDERS[(turn + channels) % 5])
            op = lambda image, r=rows, b=border: px.box_blur(image, (r, 5), border=b, value=2)  # noqa: E731
            assert_one_answer(op, noise(rng, (height, width, channels), dtype), (height, width, channels, rows, border))


@native
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
def test_rows_made_together(rng: np.random.Generator, dtype: str) -> None:
    """Rows of sums are made several at a time where they are short, and in one piece; widths on both sides of that."""
    for samples, size in itertools.product(
        (255, 256, 511, 512, 513, 1023, 1025, 2047, 2049), ((3, 5), (15, 15), (2, 40))
    ):
        image = noise(rng, (11, samples, 1), dtype)
        assert_one_answer(lambda image, s=size: px.box_blur(image, s), image, (samples, size))


@native
@pytest.mark.parametrize("threads", THREADS)
def test_threads(rng: np.random.Generator, threads: int) -> None:
    for dtype, size in itertools.product(("uint8", "float32"), (3, 15, 41)):
        image = noise(rng, (500, 700, 3), dtype)
        with px.num_threads(1):
            expected = px.box_blur(image, size)
        with px.num_threads(threads):
            assert_same(px.box_blur(image, size), expected, (dtype, size))


@native
@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("skipped", [0, 5])
def test_large_results_stored_past_the_caches(rng: np.random.Generator, isa: str, skipped: int) -> None:
    image = noise(rng, (701, 1001, 3), "float32")
    memory = np.full(image.size + 32, 7, np.float32)
    start = -memory.ctypes.data % 64 // 4 + skipped
    out = memory[start : start + image.size].reshape(image.shape)
    with px.use_backend("native"), px.use_isa(isa):
        px.box_blur(image, 5, out=out)
        parts = [px.box_blur(image[max(y - 8, 0) : y + 108], 5) for y in range(0, 701, 104)]
    firsts = [min(8, y) for y in range(0, 701, 104)]
    expected = np.concatenate([part[first : first + 104] for part, first in zip(parts, firsts, strict=True)])
    assert_same(out, expected)
    assert (memory[:start] == 7).all() and (memory[start + image.size :] == 7).all()


@native
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_any_mean(data: st.DataObject) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    image: Any = noise(
        rng,
        (data.draw(SIDES), data.draw(SIDES), data.draw(st.sampled_from([1, 2, 3, 4, 5]))),
        data.draw(st.sampled_from(DTYPES)),
    )
    image = MEMORY[data.draw(st.sampled_from(list(MEMORY)))](image)
    options: Any = {
        "size": (data.draw(st.integers(1, 90)), data.draw(st.integers(1, 90))),
        "mask": data.draw(st.sampled_from([None, rng.random(image.shape[:2]) < 0.5])),
        "border": (data.draw(st.sampled_from(BORDERS)), data.draw(st.sampled_from(BORDERS))),
        "value": data.draw(st.integers(0, 100)),
        "dtype": data.draw(st.sampled_from([None, *DTYPES])),
    }
    isa, threads = data.draw(st.sampled_from(ISAS)), data.draw(st.sampled_from([1, 2, 5]))
    with px.use_backend("reference"):
        expected = px.box_blur(image, **options)
    with px.use_backend("native"), px.use_isa(isa), px.num_threads(threads):
        assert_same(px.box_blur(image, **options), expected, options)


def stray(isa: str) -> None:
    rng = np.random.default_rng(5)
    sources, masks, results = Guarded(1 << 16), Guarded(1 << 14), Guarded(1 << 16)
    with px.use_backend("native"), px.use_isa(isa):
        for dtype, at_the_end in itertools.product(("uint16", "float32", "float64"), (False, True)):
            pixels: NDArray[Any] = noise(rng, (41, 64, 2), dtype)
            source, out = sources.put(pixels, at_the_end), results.put(np.zeros_like(pixels), at_the_end)
            for size in ((9, 9), (31, 31)):
                px.box_blur(source, size, out=out)
                assert_same(out, px.box_blur(pixels, size), size)
        for dtype, view, at_the_end in itertools.product(("uint8", "uint16", "float32"), VIEWS.values(), (False, True)):
            image: NDArray[Any] = noise(rng, (13, 37, 3), dtype)
            source, out = sources.put(view(image), at_the_end), results.put(np.zeros_like(image), at_the_end)
            mask = masks.put(rng.random((13, 37)) < 0.5, at_the_end)
            for size in ((1, 3), (5, 1), (9, 9), (40, 33)):
                px.box_blur(source, size, out=out)
                assert_same(out, px.box_blur(image, size), size)
                px.box_blur(source, size, mask=mask, border="constant", out=out)


@native
@looks_itself
@pytest.mark.parametrize("isa", ISAS)
def test_nothing_strays(isa: str) -> None:
    assert_nothing_strays(__file__, isa)
