"""One answer for filters: instruction sets, threads and memory give the bytes of the reference."""

from __future__ import annotations

import functools
import itertools
from typing import Any

import numpy as np
import pytest
from filter_oracles import BORDERS
from guard_pages import Guarded, assert_nothing_strays, looks_itself
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oracles import CHANNELS, DTYPES, MEMORY, WIDTHS, assert_same
from test_correlate import random_kernel
from test_geometry_equality import ISAS, SIDES, THREADS, assert_one_answer, assert_same_between_pages, noise
from ways import WAYS, way

import pixlane as px

pytestmark = pytest.mark.skipif(not px.info()["native"], reason="the native module is not here")


@pytest.mark.sample
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("result", [None, "uint8", "uint16", "int16", "float16", "float32", "float64"])
def test_sums_of_every_width(rng: np.random.Generator, dtype: str, result: str | None) -> None:
    for turn, width in enumerate(WIDTHS):
        image = noise(rng, (int(rng.integers(1, 30)), width, CHANNELS[turn % 6]), dtype)
        sides = (int(side) for side in rng.integers(1, 8 if turn % 11 else 60, 2))
        kernel = random_kernel(rng, turn % 6, *sides)
        border = (BORDERS[turn % 5], BORDERS[(turn + 2) % 5])
        op = lambda image, k=kernel, b=border: px.correlate(image, k, border=b, value=1, dtype=result)  # noqa: E731
        assert_one_answer(op, image, (kernel.shape, border, image.shape))


@pytest.mark.parametrize("dtype", DTYPES)
def test_derivatives(rng: np.random.Generator, dtype: str) -> None:
    for turn, width in enumerate(WIDTHS):
        image = noise(rng, (int(rng.integers(1, 30)), width, CHANNELS[turn % 6]), dtype)
        border = BORDERS[turn % 5]
        for axis in ("x", "y", "magnitude"):
            assert_one_answer(lambda image, a=axis, b=border: px.sobel(image, a, border=b), image, (axis, border))
        assert_one_answer(lambda image, b=border: px.scharr(image, border=b, dtype="uint8"), image, border)
        assert_one_answer(lambda image, b=border: px.laplacian(image, border=b), image, border)


#: Of one pass: a few and many taps, with holes, none at the sides; of two; off their middle.
KERNELS: dict[str, tuple[Any, tuple[int, int] | None]] = {
    "3x3": (np.arange(1.0, 10).reshape(3, 3) / 45, None),
    "cross": (np.array([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]]), None),
    "rows apart": (np.array([[1.0, 2, 1], [0, 0, 0], [-1, -2, -1]]), None),
    "6x7": (np.sin(np.arange(1.0, 43)).reshape(6, 7) / 30, None),
    "many": (np.sin(np.arange(1.0, 190)).reshape(21, 9) / 100, (8, 20)),
    "long": (np.sin(np.arange(1.0, 141)).reshape(2, 70) / 100, (0, 1)),
    "two": (np.outer(np.arange(1.0, 10), np.arange(9.0, 0, -1)) / 2025, None),
    "two alike": (np.outer([1.0, 3, 5, 5, 3, 1], [1.0, 2, 4, 6, 7, 6, 4, 2, 1]) / 594, None),
    "two off": (np.outer(np.arange(1.0, 42), np.arange(41.0, 0, -1)) / 741321, (0, 40)),
}


@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
def test_wide_rows(rng: np.random.Generator, name: str, dtype: str) -> None:
    """Rows of which the ends alone are padded, or which are made a part after the other."""
    kernel, anchor = KERNELS[name]
    for turn, shape in enumerate([(9, 2051, 3), (6, 5003), (5, 1027, 4)]):
        border = (BORDERS[turn % 5], BORDERS[(turn + len(name)) % 5])
        for flipped in (kernel, kernel[::-1, ::-1]):
            for result in (dtype, "int16"):
                op = lambda image, k=flipped, b=border, r=result: px.correlate(  # noqa: E731
                    image, k, anchor=anchor, border=b, value=3, dtype=r
                )
                assert_one_answer(op, noise(rng, shape, dtype), (shape, border, result))


#: Around four, what a tile has, and 32, what a call of a kernel takes at most.
HEIGHTS = (1, 2, 3, 4, 5, 7, 31, 32, 33, 35, 36, 37, 67)


@pytest.mark.parametrize("name", ["3x3", "cross", "rows apart", "columns apart", "6x7"])
@pytest.mark.parametrize("dtype", ["uint16", "float32", "float64"])
def test_rows_of_a_call(rng: np.random.Generator, name: str, dtype: str) -> None:
    """So many rows that a call makes a few tiles, and several calls; short, whole, and with padded ends alone."""
    kernel = KERNELS["rows apart"][0].T if name == "columns apart" else KERNELS[name][0]
    for turn, height in enumerate(HEIGHTS):
        for width, channels in ((WIDTHS[5 * turn], 1), (WIDTHS[-1 - turn], 1 + turn % 5), (530 + turn, 1 + turn % 2)):
            border = (BORDERS[turn % 5], BORDERS[(turn + width) % 5])
            op = lambda image, k=kernel, b=border: px.correlate(image, k, border=b, value=2)  # noqa: E731
            assert_one_answer(op, noise(rng, (height, width, channels), dtype), (height, width, channels, border))


def test_taps_that_a_stencil_lacks_are_not_read(rng: np.random.Generator) -> None:
    """A weight that is not there times infinity is not NaN, and the sign of a zero comes from what is there."""
    for name in ("cross", "rows apart"):
        kernel = KERNELS[name][0]
        for weights in (kernel, kernel.T, -kernel):
            image = np.full((40, 70), -0.0, np.float32)
            image[rng.integers(40, size=30), rng.integers(70, size=30)] = rng.choice([np.inf, -np.inf, 1.0], 30)
            assert_one_answer(lambda image, k=weights: px.correlate(image, k), image, name)


@pytest.mark.parametrize(
    "kernel", [[[64.0, -64]], [[-100.0, -28]], [[100.0, -29]], KERNELS["cross"], KERNELS["rows apart"]]
)
def test_sums_of_16_bits(rng: np.random.Generator, kernel: Any) -> None:
    """Whole weights whose sums are as large as 16 bits hold, and the next larger ones."""
    kernel = np.asarray(kernel[0]) if isinstance(kernel, tuple) else np.asarray(kernel)
    for turn, shape in enumerate(
        [(5, width, channels) for width in (1, 10, 31, 32, 33, 64, 700) for channels in (1, 3)]
    ):
        image = rng.choice(np.array([0, 255], np.uint8), shape)
        border = (BORDERS[turn % 5], BORDERS[(turn + 3) % 5])
        for result in ("uint8", "int16", "uint16", "float32", "float64"):
            op = lambda image, b=border, r=result: px.correlate(image, kernel, border=b, value=255, dtype=r)  # noqa: E731
            assert_one_answer(op, image, (kernel.tolist(), shape, result))


@pytest.mark.parametrize(
    ("dtype", "shape", "result"),
    [
        ("float32", (700, 1501, 2), "float32"),
        ("float32", (512, 1536, 3), "float32"),
        ("uint8", (700, 3001), "float32"),
        ("uint8", (1403, 3001), "int16"),
        ("float64", (300, 1200, 3), "float64"),
    ],
)
def test_results_that_go_past_the_caches(
    rng: np.random.Generator, dtype: str, shape: tuple[int, ...], result: str
) -> None:
    image = noise(rng, shape, dtype)
    for name in ("3x3", "6x7", "two", "cross", "rows apart")[3 if result == "int16" else 0 :]:
        kernel = KERNELS[name][0]
        with px.use_backend("reference"):
            expected = px.correlate(image, kernel, dtype=result)
        memory = np.zeros(expected.nbytes + 64, np.uint8)
        for shift in (0, expected.itemsize, 24):
            for isa in ISAS:
                out = memory[shift : shift + expected.nbytes].view(result).reshape(shape)
                out.fill(0)
                with px.use_isa(isa):
                    px.correlate(image, kernel, dtype=result, out=out)
                assert_same(out.copy(), expected, (name, isa, shift))


def stray(isa: str) -> None:
    """Every op on images between pages that must not be touched, read and written."""
    rng = np.random.default_rng(5)
    sources, results = Guarded(1 << 19), Guarded(1 << 21)
    for dtype, shape, at_the_end in itertools.product(
        DTYPES, ((21, 71, 3), (7, 33), (37, 530), (5, 2051, 3)), (False, True)
    ):
        pixels = noise(rng, shape, dtype)
        image = sources.put(pixels, at_the_end)
        ops = [functools.partial(px.correlate, image, kernel, anchor=anchor) for kernel, anchor in KERNELS.values()]
        ops += [functools.partial(px.sobel, image, axis) for axis in ("x", "y", "magnitude")]
        ops += [functools.partial(px.laplacian, image)]
        assert_same_between_pages(isa, ops, results, at_the_end)


@looks_itself
@pytest.mark.parametrize("isa", ISAS)
def test_nothing_outside_is_touched(isa: str) -> None:
    assert_nothing_strays(__file__, isa)


@pytest.mark.parametrize("threads", THREADS)
def test_threads(rng: np.random.Generator, threads: int) -> None:
    for dtype in ("uint8", "float32"):
        image = noise(rng, (500, 700, 3), dtype)
        for kernel in (rng.random((3, 3)), np.outer(rng.random(9), rng.random(9)), rng.random((7, 7))):
            with px.num_threads(1):
                expected = px.correlate(image, kernel / kernel.sum())
            with px.num_threads(threads):
                assert_same(px.correlate(image, kernel / kernel.sum()), expected, (dtype, kernel.shape))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_any_sum(data: st.DataObject) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    image: Any = noise(
        rng,
        (data.draw(SIDES), data.draw(SIDES), data.draw(st.sampled_from([1, 2, 3, 4, 5]))),
        data.draw(st.sampled_from(DTYPES)),
    )
    image = MEMORY[data.draw(st.sampled_from(list(MEMORY)))](image)
    kernel = random_kernel(
        rng, data.draw(st.integers(0, 5)), data.draw(st.integers(1, 12)), data.draw(st.integers(1, 12))
    )
    kernel = kernel * data.draw(st.sampled_from([1.0, 1e-3, 1e3, 2.0**-14, 1e6]))
    anchor = (data.draw(st.integers(0, kernel.shape[1] - 1)), data.draw(st.integers(0, kernel.shape[0] - 1)))
    options = {
        "anchor": anchor,
        "border": (data.draw(st.sampled_from(BORDERS)), data.draw(st.sampled_from(BORDERS))),
        "value": data.draw(st.integers(0, 255)),
        "dtype": data.draw(st.sampled_from([None, *DTYPES])),
    }
    isa, threads = data.draw(st.sampled_from(WAYS)), data.draw(st.sampled_from([1, 2, 5]))
    with px.use_backend("reference"):
        expected = px.correlate(image, kernel, **options)
    with way(isa), px.num_threads(threads):
        assert_same(px.correlate(image, kernel, **options), expected, (options, kernel.tolist()))
