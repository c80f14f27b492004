"""premultiply= of what blurs: colours are weighted by their alpha; transparent ones leave no trace."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from filter_oracles import BORDERS, gaussian_sum, weighted_sum
from guard_pages import VIEWS, Guarded, assert_nothing_strays, looks_itself
from numpy.typing import NDArray
from oracles import DTYPES, MEMORY, assert_golden, assert_same, clipped, random_image
from test_geometry_equality import ISAS, THREADS, assert_one_answer, noise

import pixlane as px

native = pytest.mark.skipif(not px.info()["native"], reason="the native module is not here")
Image = NDArray[Any]
Op = Callable[..., Image]
Real = NDArray[np.float64]

PEAK = {"uint8": 255.0, "uint16": 65535.0, "int16": 32768.0, "float16": 1.0, "float32": 1.0, "float64": 1.0}
#: Of the largest magnitude: what a gaussian of sigma 4 and more may be off by, and what any other sum may.
COARSE, FINE = 1e-7, 1e-13
FIVE = np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1]) / 256.0


def translucent(rng: np.random.Generator, shape: tuple[int, ...], dtype: str) -> Image:
    """Noise of which a third is transparent and a third opaque; alpha is never negative."""
    image = random_image(rng, shape, dtype)
    kind = rng.integers(3, size=shape[:-1])
    image[..., -1] = np.where(
        kind == 0, 0, np.where(kind == 1, image[..., -1] // 2 + 1, PEAK[dtype] - (dtype == "int16"))
    )
    return image


def weighted(image: Image) -> Real:
    values = image.astype(np.float64)
    values[..., :-1] *= values[..., -1:]
    return values


def assert_colours(have: Image, sums: Real, error: float, what: object) -> None:
    """The sums' colours divided by their alpha, rounded; none where alpha rounds to zero.

    ``error`` is what colours times alpha may be off by, and alpha.
    """
    alpha, integers = sums[..., -1:], have.dtype.kind in "iu"
    half = 0.5 if integers else 0.0
    part = {"float16": 2.0**-11, "float32": 2.0**-24}.get(have.dtype.name, 0.0)  # of a result, in rounding it
    stored = clipped(alpha, have.dtype) if integers else alpha
    assert (np.abs(have[..., -1:] - stored) <= half + error + part * np.abs(stored)).all(), what
    seen, unseen = alpha[..., 0] > half + 2 * error, np.abs(alpha[..., 0]) < half - error
    colour = sums[seen][:, :-1] / alpha[seen]
    bound = half + error * (1 + np.abs(colour)) / alpha[seen] + part * np.abs(colour)
    if integers:
        colour = clipped(colour, have.dtype)
    smallest = 2.0**-24 if have.dtype == np.float16 else 0.0
    assert (np.abs(have[seen][:, :-1] - colour) <= bound + smallest).all(), what
    assert not have[unseen].any(), what


def halved(values: Real, border: str, value: Any) -> Real:
    planes = [
        weighted_sum(values[..., c : c + 1], FIVE, None, (border, border), value[c])[0] for c in range(len(value))
    ]
    return np.concatenate(planes, axis=-1)[::2, ::2]


def doubled(values: Real) -> Real:
    """Zeros between the pixels, mirrored, and four times the weights."""
    grid = np.zeros((2 * values.shape[0], 2 * values.shape[1], values.shape[2]))
    grid[::2, ::2] = values
    return weighted_sum(grid, 4 * FIVE)[0]


#: Each op with its arguments; premultiplied unless told otherwise.
OPS: dict[str, Op] = {
    name: functools.partial(op, premultiply=True, **arguments)
    for name, op, arguments in (
        ("gaussian", px.gaussian_blur, {"sigma": (1.2, 0.6)}),
        ("coarse", px.gaussian_blur, {"sigma": (4.5, 6)}),
        ("box", px.box_blur, {"size": (4, 5)}),
        ("tall box", px.box_blur, {"size": (41, 3)}),
        ("unsharp", px.unsharp_mask, {"sigma": 0.8, "amount": 0.5}),
        ("coarse unsharp", px.unsharp_mask, {"sigma": 5, "amount": 0.5}),
        ("down", px.pyramid_down, {}),
        ("up", px.pyramid_up, {}),
    )
}
BORDERED = [name for name in OPS if name != "up"]


def sums_of(name: str, image: Image, border: str, value: tuple[float, ...]) -> Real:
    """Colours times alpha as each op sums them, by the formula; ``value`` is a pixel."""
    values = weighted(image)
    outside = weighted(np.array([value]))[0]

    def each(sum_of: Callable[[Real, float], Real]) -> Real:
        planes = [sum_of(values[..., c : c + 1], outside[c]) for c in range(len(value))]
        return np.concatenate(planes, axis=-1)

    both = (border, border)
    if name in ("gaussian", "coarse"):
        return each(lambda plane, at: gaussian_sum(plane, (1.2, 0.6) if name == "gaussian" else (4.5, 6), both, at))
    if name in ("box", "tall box"):
        size = (4, 5) if name == "box" else (41, 3)
        return each(lambda plane, at: weighted_sum(plane, np.full(size, 1.0 / (size[0] * size[1])), None, both, at)[0])
    if name in ("unsharp", "coarse unsharp"):
        sigma = 0.8 if name == "unsharp" else 5.0
        return values + 0.5 * (values - each(lambda plane, at: gaussian_sum(plane, (sigma, sigma), both, at)))
    return halved(values, border, outside) if name == "down" else doubled(values)


def test_by_hand(backend: str) -> None:
    # Gray and alpha: 200 opaque beside 77 transparent.
    image = np.array([[[200, 255], [77, 0], [200, 255]]], np.uint8)
    assert_golden(px.box_blur(image, (1, 3), border="edge", premultiply=True), [[[200, 170], [200, 170], [200, 170]]])
    # 10 at 100 and 40 at 200: (1000 + 8000) / 300 = 30, of alpha 150.
    two = np.array([[[10, 100], [40, 200]]], np.uint8)
    assert_golden(px.box_blur(two, (1, 2), border="wrap", premultiply=True), [[[30, 150], [30, 150]]])
    assert_golden(px.box_blur(two, (1, 2), border="wrap"), [[[25, 150], [25, 150]]])
    mask = np.array([[False, True]])
    assert_golden(px.box_blur(two, (1, 2), border="wrap", mask=mask, premultiply=True), [[[40, 200], [40, 200]]])
    assert_golden(px.box_blur(two, (1, 1), mask=mask, premultiply=True), [[[0, 0], [40, 200]]])
    # The border is a pixel with an alpha of its own: 10 at 100 and 90 at 100.
    have = px.box_blur(two[:, :1], (1, 3), border="constant", value=(90, 25), premultiply=True)
    assert_golden(have, [[[37, 50]]])  # (2 * 90 * 25 + 1000) / 150 = 36.67
    # Half of the difference to a neighbour that cannot be seen: alpha grows, the colour stays.
    assert_golden(px.unsharp_mask(image, (0, 1e9), 0.1, border="wrap", premultiply=True)[0, 0], [200, 255])
    corner = np.array([[[9, 0], [9, 0]], [[9, 0], [80, 64]]], np.uint8)
    assert_golden(px.pyramid_up(corner, premultiply=True)[3, 3], [80, 64])
    assert_golden(px.pyramid_down(corner, border="edge", premultiply=True), [[[80, 6]]])  # 64 * (5 / 16)^2 = 6.25


@pytest.mark.sample
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", OPS)
def test_the_formula(backend: str, rng: np.random.Generator, name: str, dtype: str) -> None:
    for turn, channels in enumerate((2, 4, 4, 2, 4)):
        shape = (int(rng.integers(3, 30)), int(rng.integers(3, 60)), channels)
        image = translucent(rng, shape, dtype)
        value = tuple([3.0] * (channels - 1) + [1.0]) if dtype[0] != "f" else tuple([0.5] * channels)
        options = {"border": BORDERS[turn], "value": value} if name in BORDERED else {}
        have = OPS[name](image, **options)
        sums = sums_of(name, image, BORDERS[turn], value)
        error = (COARSE if "coarse" in name else FINE) * PEAK[dtype] ** 2
        assert_colours(have, sums, error, (name, shape, BORDERS[turn]))


@pytest.mark.parametrize("name", OPS)
def test_opaque_images_are_as_without(backend: str, rng: np.random.Generator, name: str) -> None:
    for dtype, tolerance in (("uint8", 1), ("uint16", 1), ("float32", 2e-5)):
        image = random_image(rng, (23, 40, 4), dtype)
        image[..., 3] = PEAK[dtype]
        plain = OPS[name](image, premultiply=False)
        assert np.abs(OPS[name](image).astype(np.float64) - plain).max() <= tolerance, (name, dtype)


@pytest.mark.parametrize("name", OPS)
def test_transparent_colours_leave_no_trace(backend: str, rng: np.random.Generator, name: str) -> None:
    image = translucent(rng, (30, 50, 4), "uint8")
    other = image.copy()
    hidden = image[..., 3] == 0
    other[hidden, :3] = rng.integers(0, 256, (int(hidden.sum()), 3), np.uint8)
    assert not np.array_equal(image, other)
    assert_same(OPS[name](image), OPS[name](other), name)


@pytest.mark.parametrize("name", OPS)
def test_results_of_another_dtype(backend: str, rng: np.random.Generator, name: str) -> None:
    if name in ("down", "up"):
        pytest.skip("pyramids keep the dtype")
    image = translucent(rng, (17, 21, 4), "uint8")
    real = OPS[name](image, dtype="float64")
    assert real.dtype == np.float64
    whole = OPS[name](image)
    seen = whole[..., 3] > 0
    assert np.abs(np.clip(np.floor(real[seen] + 0.5), 0, 255) - whole[seen]).max() == 0


@pytest.mark.parametrize("memory", MEMORY)
@pytest.mark.parametrize("name", OPS)
def test_memory_and_layout(backend: str, rng: np.random.Generator, name: str, memory: str) -> None:
    image = translucent(rng, (19, 33, 4), "uint16")
    expected = OPS[name](image)
    assert_same(OPS[name](MEMORY[memory](image)), expected)
    planar = np.ascontiguousarray(np.moveaxis(image, -1, 0))
    assert_same(np.moveaxis(OPS[name](planar, layout="CHW"), 0, -1).copy(), expected)
    batch = OPS[name](np.stack([image, image[::-1]]))
    assert_same(batch[0], expected)
    out = np.zeros((*expected.shape[:2], 8), np.uint16)[..., ::2]
    assert OPS[name](image, out=out) is out
    assert_same(out.copy(), expected)


@native
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", OPS)
def test_one_answer(rng: np.random.Generator, name: str, dtype: str) -> None:
    for turn in range(6):
        image = noise(rng, (int(rng.integers(1, 70)), int(rng.integers(1, 100)), 2 + 2 * (turn % 2)), dtype)
        options: dict[str, Any] = {"border": BORDERS[turn % 5], "value": 1} if name in BORDERED else {}
        op = functools.partial(OPS[name], **options)
        expected = assert_one_answer(op, image, (name, image.shape))
        for count in THREADS:
            with px.num_threads(count):
                assert_same(op(image), expected, count)


@pytest.mark.parametrize("name", OPS)
def test_what_is_refused(backend: str, name: str) -> None:
    message = re.escape("premultiply needs 4 channels (RGBA) or 2 (gray and alpha), got ")
    for channels in (1, 3, 5):
        with pytest.raises(ValueError, match=f"{message}{channels} in layout HWC"):
            OPS[name](np.zeros((8, 10, channels), np.uint8))
    assert OPS[name](np.zeros((3, 10, 10, 4), np.uint8)[:0]).size == 0
    with pytest.raises(TypeError, match="premultiply must be True or False, got 1"):
        px.box_blur(np.zeros((8, 10, 4), np.uint8), 3, premultiply=1)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="threshold must be 0 with premultiply"):
        px.unsharp_mask(np.zeros((8, 10, 4), np.uint8), threshold=2, premultiply=True)


def stray(isa: str) -> None:
    rng = np.random.default_rng(3)
    sources, results = Guarded(1 << 16), Guarded(1 << 16)
    with px.use_backend("native"), px.use_isa(isa):
        for (name, op), view, at_the_end in itertools.product(OPS.items(), VIEWS.values(), (False, True)):
            for dtype, shape in (("uint8", (13, 37, 4)), ("float32", (7, 5, 2))):
                image = noise(rng, shape, dtype)
                expected = op(image)
                out = results.put(np.zeros_like(expected), at_the_end)
                op(sources.put(view(image), at_the_end), out=out)
                assert_same(out, expected, name)


@native
@looks_itself
@pytest.mark.parametrize("isa", ISAS)
def test_nothing_strays(isa: str) -> None:
    assert_nothing_strays(__file__, isa)
