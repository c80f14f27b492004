"""One answer for filters: instruction sets, threads and memory give the bytes of the reference."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from filter_oracles import BORDERS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oracles import CHANNELS, DTYPES, MEMORY, WIDTHS, assert_same
from test_correlate import random_kernel
from test_geometry_equality import ISAS, SIDES, THREADS, assert_one_answer, noise

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
    isa, threads = data.draw(st.sampled_from(ISAS)), data.draw(st.sampled_from([1, 2, 5]))
    with px.use_backend("reference"):
        expected = px.correlate(image, kernel, **options)
    with px.use_backend("native"), px.use_isa(isa), px.num_threads(threads):
        assert_same(px.correlate(image, kernel, **options), expected, (options, kernel.tolist()))
