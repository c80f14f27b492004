"""One answer for rank filters: instruction sets, threads and memory give the bytes of the reference."""

from __future__ import annotations

import functools
import itertools
from typing import Any

import numpy as np
import pytest
from filter_oracles import BORDERS
from guard_pages import VIEWS, Guarded, assert_nothing_strays, looks_itself
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oracles import CHANNELS, DTYPES, MEMORY, WIDTHS, assert_same, random_image
from test_erode import SHAPES, noise
from test_geometry_equality import ISAS, SIDES, THREADS, assert_one_answer
from ways import WAYS, way

import pixlane as px

pytestmark = pytest.mark.skipif(not px.info()["native"], reason="the native module is not here")

#: Every way: networks, bit by bit with and without lanes that count too little, histograms of 8 and 16 bits (uint8).
FOOTPRINTS: tuple[dict[str, Any], ...] = (
    {"footprint": 3},
    {"footprint": 5, "anchor": (4, 0)},
    {"footprint": 7},
    {"footprint": (1, 2)},
    {"footprint": (4, 3), "anchor": (0, 3)},
    {"footprint": 5, "shape": "ellipse"},
    {"footprint": [[1, 0, 1, 1], [0, 0, 0, 0], [1, 1, 1, 1]]},
    {"footprint": (6, 11), "anchor": (10, 0)},
    {"footprint": (13, 20)},
)


@pytest.mark.sample
@pytest.mark.parametrize("dtype", ["bool", *DTYPES])
@pytest.mark.parametrize("number", range(len(FOOTPRINTS)))
def test_every_width(rng: np.random.Generator, dtype: str, number: int) -> None:
    for turn, width in enumerate(WIDTHS[number % 4 :: 4]):
        image = noise(rng, (int(rng.integers(1, 20)), width, CHANNELS[turn % 6]), dtype)
        border = (BORDERS[turn % 5], BORDERS[(turn + number) % 5])
        mask = rng.random(image.shape[:2]) < 0.7 if turn % 4 == 3 else None
        op = functools.partial(px.median_blur, **FOOTPRINTS[number], mask=mask, border=border, value=1)
        assert_one_answer(op, image, (FOOTPRINTS[number], border, image.shape, mask is None))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("side", [3, 5, 7])
def test_rows_of_a_call(rng: np.random.Generator, dtype: str, side: int) -> None:
    """So many rows that a call makes a few pairs, and several calls; rows of which the ends alone are padded."""
    for turn, height in enumerate((1, 2, 3, 4, 5, 31, 32, 33, 34, 65)):
        for width, channels in ((WIDTHS[3 * turn], 1), (65 + turn, 1 + turn % 5), (2055 + turn, 1)):
            if width > 2000 and side > 3 and turn % 3:  # the reference takes its time
                continue
            border = (BORDERS[turn % 5], BORDERS[(turn + side) % 5])
            op = functools.partial(px.median_blur, footprint=side, border=border, value=1)
            assert_one_answer(op, noise(rng, (height, width, channels), dtype), (height, width, channels, border))


@pytest.mark.parametrize("threads", THREADS)
def test_threads(rng: np.random.Generator, threads: int) -> None:
    for dtype, options in itertools.product(
        ("uint8", "float32"), (FOOTPRINTS[0], FOOTPRINTS[1], FOOTPRINTS[4], FOOTPRINTS[-2])
    ):
        image = random_image(rng, (300, 400, 3), dtype)
        with px.num_threads(1):
            expected = px.median_blur(image, **options)
        with px.num_threads(threads):
            assert_same(px.median_blur(image, **options), expected, (dtype, options))


def test_results_past_the_caches(rng: np.random.Generator) -> None:
    """Large results: those of rows that lie alike, and of others."""
    for shape in ((1061, 2048), (1049, 2003)):
        image = random_image(rng, shape, "float32")
        for size in (3, 5):
            have = px.median_blur(image, size)
            np.testing.assert_array_equal(have[:500], px.median_blur(image[:510], size)[:500])
            np.testing.assert_array_equal(have[500:], px.median_blur(image[490:], size)[10:])
            shifted = np.zeros(image.size + 3, np.float32)[3:].reshape(shape)
            np.testing.assert_array_equal(px.median_blur(image, size, out=shifted), have)


def stray(isa: str) -> None:
    """Every way on images between pages that must not be touched, read and written."""
    rng = np.random.default_rng(5)
    sources, results, masks = Guarded(1 << 20), Guarded(1 << 20), Guarded(1 << 19)
    for dtype, channels, at_the_end in itertools.product(DTYPES, (1, 3, 4), (False, True)):
        wide = sources.put(noise(rng, (35, 2060 // channels, channels), dtype), at_the_end)
        for side in (3, 5, 7):
            with px.use_isa(isa):
                out = results.put(np.zeros_like(wide), at_the_end)
                expected = px.median_blur(wide.copy(), side)
                assert_same(px.median_blur(wide, side, out=out).copy(), expected, (side, dtype, channels))
        pixels = noise(rng, (9, 71, channels), dtype)
        for view in VIEWS.values():
            image = sources.put(view(pixels), at_the_end)
            mask = masks.put(rng.random((9, 71)) < 0.7, at_the_end)
            for turn, (options, of) in enumerate(itertools.product(FOOTPRINTS[:-1], (None, mask))):
                op = functools.partial(px.median_blur, image, **options, mask=of, border=BORDERS[turn % 5])
                with px.use_backend("native"), px.use_isa(isa):
                    expected = op()
                    out = results.put(view(np.zeros_like(expected)), at_the_end)
                    op(out=out)
                assert_same(out.copy(), expected, (options, dtype, channels))


@looks_itself
@pytest.mark.parametrize("isa", ISAS)
def test_nothing_outside_is_touched(isa: str) -> None:
    assert_nothing_strays(__file__, isa)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_anything(data: st.DataObject) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    extent = (data.draw(SIDES), data.draw(SIDES), data.draw(st.sampled_from([1, 2, 3, 4, 5])))
    image = noise(rng, extent, data.draw(st.sampled_from(["bool", *DTYPES])))
    height, width = data.draw(st.integers(1, 9)), data.draw(st.integers(1, 9))
    options: dict[str, Any] = {"footprint": (height, width), "shape": data.draw(st.sampled_from(SHAPES))}
    if data.draw(st.booleans()):
        mask = rng.random((height, width)) < data.draw(st.sampled_from([0.1, 0.5, 0.95]))
        mask[rng.integers(height), rng.integers(width)] = True
        options = {"footprint": mask}
    options["anchor"] = (data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1)))
    options["border"] = (data.draw(st.sampled_from(BORDERS)), data.draw(st.sampled_from(BORDERS)))
    options["value"] = data.draw(st.integers(0, 1))
    image = MEMORY[data.draw(st.sampled_from(list(MEMORY)))](image)
    percentile = data.draw(st.sampled_from([0, 20, 50, 83.3, 100]))
    isa, threads = data.draw(st.sampled_from(WAYS)), data.draw(st.sampled_from([1, 2, 5]))
    with px.use_backend("reference"):
        expected = px.percentile_filter(image, percentile, **options)
    with way(isa), px.num_threads(threads):
        assert_same(px.percentile_filter(image, percentile, **options), expected, (percentile, options))
