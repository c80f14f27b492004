"""median_blur: the definition, SciPy, OpenCV; and that the networks sort."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from filter_oracles import BORDERS, SCIPY
from numpy.typing import NDArray
from oracles import DTYPES, MEMORY, assert_golden, assert_same, random_image
from rank_oracles import masked_median, ranked
from test_erode import SHAPES, noise, pixels_of

import pixlane as px


def test_by_hand(backend: str) -> None:
    image = np.array([[5, 3, 8], [7, 9, 1], [4, 6, 2]], np.uint8)
    # 5 5 3 5 5 3 7 7 9 is 3 3 5 5 5 5 7 7 9 in order, and so on.
    assert_golden(px.median_blur(image, 3, border="edge"), [[5, 5, 8], [5, 5, 3], [6, 4, 2]])
    assert_golden(px.median_blur(image, (1, 3), border="edge"), [[5, 5, 8], [7, 7, 1], [4, 4, 2]])
    # Of an even number the larger one of the middle.
    assert_golden(px.median_blur(image, (1, 2), anchor=(0, 0), border="edge"), [[5, 8, 8], [9, 9, 1], [6, 6, 2]])
    assert_golden(px.median_blur(image, 3, shape="cross", border="constant"), [[3, 5, 1], [5, 6, 2], [4, 4, 1]])
    assert_golden(px.median_blur(image, 1), image)


def test_order_of_floats(backend: str) -> None:
    nan, inf = np.nan, np.inf
    for dtype in ("float16", "float32", "float64"):
        image = np.array([[nan, 1, -0.0, 0.0, -0.0, nan, nan, inf, -inf]], dtype)
        expected = np.array([[nan, 1, 0.0, -0.0, 0.0, nan, nan, inf, -inf]], dtype)
        assert_same(px.median_blur(image, (1, 3), border="edge"), expected)


@pytest.mark.sample
@pytest.mark.parametrize("dtype", ["bool", *DTYPES])
@pytest.mark.parametrize("size", [1, 3, 5, 7, 0])
def test_the_definition(backend: str, rng: np.random.Generator, dtype: str, size: int) -> None:
    for turn in range(10):
        image = noise(rng, (int(rng.integers(1, 20)), int(rng.integers(1, 120)), (1, 3, 4, 2)[turn % 4]), dtype)
        height, width = (size, size) if size else (int(side) for side in rng.integers(1, 10 if turn else 20, 2))
        anchor = (int(rng.integers(width)), int(rng.integers(height)))
        border = (BORDERS[rng.integers(5)], BORDERS[rng.integers(5)])
        options: dict[str, Any] = {"anchor": anchor, "border": border, "value": 1}
        mask = np.ones((height, width), bool)
        if turn % 3 == 1 and not size:
            mask = rng.random((height, width)) < 0.5
            mask[rng.integers(height), rng.integers(width)] = True
            have = px.median_blur(image, mask, **options)
        elif turn % 3 == 2 and not size:
            shape = SHAPES[rng.integers(4)]
            mask = pixels_of(shape, height, width)
            have = px.median_blur(image, (height, width), shape=shape, **options)
        else:
            have = px.median_blur(image, (height, width), **options)
        assert_same(have, ranked(image, mask, int(mask.sum()) // 2, anchor, border, 1), (mask.astype(int), options))


def in_the_middle(images: NDArray[Any], side: int) -> list[NDArray[Any]]:
    """Medians of squares (N, side, side): as the first and as the second of the two rows that are found at once."""
    later = np.concatenate([images[:, :1], images], axis=1)
    middle = side // 2
    return [px.median_blur(of, side, layout="NHW")[:, middle + k, middle] for k, of in enumerate((images, later))]


def test_the_network_of_three(backend: str) -> None:
    """All squares of zeros and ones: what sorts these sorts all, by the 0-1 principle."""
    images = np.array(list(itertools.product((0, 1), repeat=9)), np.uint8).reshape(-1, 3, 3)
    for have in in_the_middle(images, 3):
        np.testing.assert_array_equal(have, images.sum((1, 2)) > 4)


@pytest.mark.parametrize("side", [5, 7])
def test_the_networks(backend: str, rng: np.random.Generator, side: int) -> None:
    """Every number of ones in each column of what two rows share, and in what each has alone (of 7: some of these)."""
    ones = np.array(list(itertools.product(range(side), repeat=side))) if side == 5 else rng.integers(0, 7, (60000, 7))
    # Around the middle, where something is decided.
    ones = ones[np.abs(ones.sum(1) - side * (side - 1) / 2) <= side]
    ones = ones[: None if backend == "native" and side == 5 else 20000 if backend == "native" else 100]
    core = (np.arange(side - 1)[:, None] >= side - 1 - ones[:, None, :]).astype(np.uint8)
    core = rng.permuted(core, axis=1)  # columns are put in order, too
    for more in range(side + 1):
        edge = rng.permuted(np.broadcast_to((np.arange(side) < more).astype(np.uint8), (len(core), side)), axis=1)
        for parts in ((edge[:, None], core), (core, edge[:, None])):
            images = np.concatenate(parts, axis=1)
            for have in in_the_middle(images, side):
                np.testing.assert_array_equal(have, images.sum((1, 2)) > side * side // 2)


@pytest.mark.parametrize("border", BORDERS)
def test_like_scipy(backend: str, rng: np.random.Generator, border: str) -> None:
    ndimage = pytest.importorskip("scipy.ndimage")
    mode: Any = {"mode": SCIPY[border], "cval": 7}
    for dtype in ("uint8", "int16", "float64"):
        for size in ((1, 1), (3, 3), (5, 5), (7, 7), (4, 6), (2, 2), (15, 15), (17, 16), (1, 21)):
            image = random_image(rng, (19, 24), dtype)
            expected = ndimage.median_filter(image, size, **mode)
            assert_same(px.median_blur(image, size, border=border, value=7), expected, (dtype, size))
            mask = rng.random(size) < 0.5
            mask[0, 0] = True
            expected = ndimage.median_filter(image, footprint=mask, **mode)
            assert_same(px.median_blur(image, mask, border=border, value=7), expected, (dtype, mask))


def test_like_opencv(backend: str, rng: np.random.Generator) -> None:
    cv2 = pytest.importorskip("cv2")
    for dtype, sizes in (("uint8", (3, 5, 7, 15)), ("uint16", (3, 5)), ("int16", (3, 5)), ("float32", (3, 5))):
        image = random_image(rng, (40, 51, 3), dtype)
        for size in sizes:
            assert_same(px.median_blur(image, size, border="edge"), cv2.medianBlur(image, size), (dtype, size))


def test_many_samples(backend: str, rng: np.random.Generator) -> None:
    """More than a lane of its dtype counts."""
    image = random_image(rng, (6, 40), "uint8")
    for size in ((15, 17), (16, 16), (16, 17), (1, 255), (1, 257), (3, 400)):
        expected = ranked(image[..., None], np.ones(size), size[0] * size[1] // 2)[..., 0]
        assert_same(px.median_blur(image, size), expected, size)
    if backend == "native":
        hole = np.ones((256, 258), bool)
        hole[3, 5] = False
        footprints: tuple[Any, ...] = ((257, 255), (256, 256), (256, 258), hole)
        for dtype, footprint in itertools.product(("uint8", "int16"), footprints):
            image = random_image(rng, (3, 70), dtype)
            for mask in (None, rng.random(image.shape) < 0.9):
                have = px.median_blur(image, footprint, mask=mask, border="symmetric")
                with px.use_backend("reference"):
                    expected = px.median_blur(image, footprint, mask=mask, border="symmetric")
                assert_same(have, expected, (dtype, footprint, mask is None))


@pytest.mark.parametrize("pattern", ["ramps", "steps", "blocks"])
def test_histograms(backend: str, rng: np.random.Generator, pattern: str) -> None:
    """Medians that leave their block of the histogram often, come back soon and late, and lie at its ends."""
    y, x = np.ogrid[:40, :300]
    image = {
        "ramps": (x * 3 + y * 7) % 256,
        "steps": np.where((x // 9 + y // 5) % 2, rng.integers(60, 70, (40, 300)), rng.integers(186, 198, (40, 300))),
        "blocks": rng.choice([0, 63, 64, 127, 128, 191, 192, 255], (40, 300)),
    }[pattern].astype(np.uint8)[..., None]
    for size in ((9, 9), (15, 17), (16, 16), (3, 60), (21, 5), (31, 31)) if backend == "native" else ((9, 9), (16, 16)):
        count = size[0] * size[1]
        assert_same(px.median_blur(image, size), ranked(image, np.ones(size), count // 2), size)
        rank = int(rng.integers(1, count - 1))
        assert_same(px.rank_filter(image, rank, size), ranked(image, np.ones(size), rank), (size, rank))


def test_masks_by_hand(backend: str) -> None:
    row = np.array([[8, 2, 9, 1, 5, 7]], np.uint8)
    mask = np.array([[True, True, False, True, False, False]])
    # 8 8 2, 8 2, 2 1, 1, 1, and nothing: of an even number the larger one.
    assert_golden(px.median_blur(row, (1, 3), mask=mask, border="edge"), [[8, 8, 2, 1, 1, 0]])
    assert_golden(px.median_blur(row, (1, 3), mask=mask, border="constant", value=4), [[4, 8, 2, 1, 1, 4]])
    assert_golden(px.median_blur(row, (1, 3), mask=mask.astype(np.uint8) * 7, border="edge"), [[8, 8, 2, 1, 1, 0]])
    floats = np.array([[np.nan, -4, np.inf, -0.0]], np.float32)
    have = px.median_blur(floats, (1, 3), mask=np.array([[False, True, False, False]]), border="edge")
    assert_golden(have, [[-4, -4, -4, 0]])
    assert not np.signbit(have[0, 3])
    assert np.isnan(px.median_blur(floats, (1, 3), mask=np.ones((1, 4), bool), border="edge")[0, 0])


@pytest.mark.sample
@pytest.mark.parametrize("dtype", ["bool", *DTYPES])
def test_masks_leave_what_counts(backend: str, rng: np.random.Generator, dtype: str) -> None:
    for turn in range(12):
        image = noise(rng, (int(rng.integers(1, 12)), int(rng.integers(1, 40)), (1, 3)[turn % 2]), dtype)
        mask = rng.random(image.shape[:2]) < (0.03, 0.5, 0.95)[turn % 3]
        height, width = ((3, 3), (5, 5), (9, 11), (2, 4))[turn % 4]
        footprint = np.ones((height, width), bool)
        if turn % 5 == 4:
            footprint = rng.random((height, width)) < 0.6
            footprint[0, 0] = True
        anchor = (int(rng.integers(width)), int(rng.integers(height)))
        border = (BORDERS[rng.integers(5)], BORDERS[rng.integers(5)])
        given = footprint if turn % 5 == 4 else (height, width)
        have = px.median_blur(image, given, mask=mask, anchor=anchor, border=border, value=1)
        expected = masked_median(image, footprint, mask, border, 1, anchor)
        assert_same(have, expected, (footprint.astype(int), anchor, border))


def test_masks_like_scipy_and_scikit_image(backend: str, rng: np.random.Generator) -> None:
    ndimage = pytest.importorskip("scipy.ndimage")
    image, mask = random_image(rng, (24, 31), "uint8"), rng.random((24, 31)) < 0.6

    def median(samples: NDArray[Any]) -> float:
        counted = np.sort(samples[~np.isnan(samples)])
        return float(counted[counted.size // 2]) if counted.size else 0.0

    expected = ndimage.generic_filter(np.where(mask, image, np.nan), median, 5, mode="mirror")
    np.testing.assert_array_equal(px.median_blur(image, 5, mask=mask), expected)
    # scikit-image leaves out what lies outside, too, and has its own median of an even number.
    rank = pytest.importorskip("skimage.filters.rank")
    odd = ndimage.convolve(mask.astype(int), np.ones((7, 7), int), mode="constant") % 2 == 1
    odd[:3] = odd[-3:] = odd[:, :3] = odd[:, -3:] = False
    have, theirs = px.median_blur(image, 7, mask=mask), rank.median(image, np.ones((7, 7)), mask=mask)
    assert odd.sum() > 100
    np.testing.assert_array_equal(have[odd], theirs[odd])


def test_masks_of_batches(backend: str, rng: np.random.Generator) -> None:
    images = random_image(rng, (3, 20, 31, 2), "uint16")
    masks = rng.random((3, 20, 31)) < 0.5
    expected = np.stack([px.median_blur(image, (4, 7), mask=mask) for image, mask in zip(images, masks, strict=True)])
    assert_same(px.median_blur(images, (4, 7), mask=masks), expected)
    assert_same(px.median_blur(images, (4, 7), mask=masks[0])[0], expected[0])
    planes = np.ascontiguousarray(images.transpose(0, 3, 1, 2))
    assert_same(px.median_blur(planes, (4, 7), mask=masks, layout="NCHW"), expected.transpose(0, 3, 1, 2))
    turned = np.ascontiguousarray(masks[0, :, ::-1])[:, ::-1]
    for dtype in ("uint8", "float32"):
        image = noise(rng, (20, 31, 2), dtype)
        masked = px.median_blur(image, 9, mask=masks[0])
        assert_same(px.median_blur(image, 9, mask=turned), masked)
        assert_same(px.median_blur(image, 9, mask=np.ones((20, 31), bool)), px.median_blur(image, 9))
        assert_same(px.median_blur(image, 9, mask=np.zeros((20, 31), bool)), np.zeros_like(image))
        for memory in MEMORY.values():
            out = memory(np.zeros_like(image))
            if out.flags.aligned:
                assert px.median_blur(memory(image), 9, mask=masks[0], out=out) is out
                np.testing.assert_array_equal(out, masked)
    image, mask = masks[0].view(np.uint8), masks[1].copy()
    with pytest.raises(ValueError, match="out overlaps the input"):
        px.median_blur(image, 3, mask=mask, out=mask.view(np.uint8))


@pytest.mark.parametrize("memory", MEMORY)
def test_memory_and_layouts(backend: str, rng: np.random.Generator, memory: str) -> None:
    for dtype in ("uint8", "float16", "float32"):
        image = noise(rng, (17, 30, 3), dtype)
        for size in (3, (2, 5)):
            expected = px.median_blur(image, size)
            assert_same(px.median_blur(MEMORY[memory](image), size), expected)
            out = MEMORY[memory](np.zeros_like(expected))
            if out.flags.aligned:
                assert px.median_blur(image, size, out=out) is out
                np.testing.assert_array_equal(out, expected)
            planar = np.ascontiguousarray(image.transpose(2, 0, 1))[None]
            have = px.median_blur(planar, size, layout="NCHW")
            assert_same(have, np.ascontiguousarray(expected.transpose(2, 0, 1))[None])


def test_batches_values_and_empty(backend: str, rng: np.random.Generator) -> None:
    images = random_image(rng, (2, 17, 30, 3), "uint8")
    value = (3, 200, 90)
    for size in (3, (4, 3)):
        assert_same(px.median_blur(images, size)[1], px.median_blur(images[1], size))
        planes = [px.median_blur(images[0, ..., c], size, border="constant", value=value[c]) for c in range(3)]
        have = px.median_blur(images[0], size, border="constant", value=value)
        assert_same(have, np.stack(planes, axis=-1))
        for shape in ((0, 5, 5, 3), (2, 0, 5, 3), (2, 5, 0, 3), (2, 5, 5, 0)):
            assert px.median_blur(np.zeros(shape, np.uint8), size).shape == shape


@pytest.mark.parametrize(
    ("footprint", "options", "error", "message"),
    [
        (None, {}, TypeError, "footprint is missing"),
        (0, {}, ValueError, "footprint must have sides from 1 to 1048576"),
        (5000, {}, ValueError, "footprint must have at most 16777216 pixels to be put in order, got 25000000"),
        (3.0, {}, TypeError, "footprint must be an int, got 3.0"),
        (np.zeros((3, 3)), {}, ValueError, "footprint is 0 throughout"),
        (3, {"shape": "disk"}, ValueError, "shape must be one of"),
        (3, {"anchor": (3, 0)}, ValueError, "anchor must be an element .x, y. of a footprint of 3 x 3"),
        (3, {"border": "mirror"}, ValueError, "border must be one of"),
        (3, {"mask": np.ones((5, 4), bool)}, ValueError, r"mask must have shape \(4, 5\), got \(5, 4\)"),
        (3, {"mask": np.ones((4, 5))}, TypeError, "mask must be of bool or uint8, got dtype float64"),
        (3, {"value": -1}, ValueError, "value must be from 0 to 255"),
        (3, {"out": np.zeros((4, 5, 3), np.int16)}, TypeError, "out has dtype int16, the result has uint8"),
    ],
)
def test_bad_input(backend: str, footprint: Any, options: Any, error: type[Exception], message: str) -> None:
    image = np.zeros((4, 5, 3), np.uint8)
    with pytest.raises(error, match=message):
        px.median_blur(image, footprint, **options)
    with pytest.raises(ValueError, match="out overlaps the input"):
        px.median_blur(image, 3, out=image)
    with pytest.raises(TypeError, match="has dtype int32, accepted are bool, uint8"):
        px.median_blur(image.astype(np.int32), 3)
