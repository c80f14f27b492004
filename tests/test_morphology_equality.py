"""One answer for morphology: instruction sets, threads and memory give the bytes of the reference."""

from __future__ import annotations

import functools
import itertools
import tracemalloc
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

OPS = (px.erode, px.dilate, px.opening, px.closing, px.morphological_gradient, px.top_hat)
#: Every way: one row, one column, 2, 4 and 8 rows at once, tall ones, runs, heights.
FOOTPRINTS: tuple[dict[str, Any], ...] = (
    {"footprint": 1},
    {"footprint": (1, 2)},
    {"footprint": (1, 7)},
    {"footprint": (1, 40)},
    {"footprint": (2, 1)},
    {"footprint": (3, 1), "anchor": (0, 2)},
    {"footprint": 3},
    {"footprint": (5, 4)},
    {"footprint": (4, 26)},
    {"footprint": (8, 6), "anchor": (5, 0)},
    {"footprint": (19, 3)},
    {"footprint": (41, 2)},
    {"footprint": (75, 1)},
    {"footprint": 9, "shape": "ellipse"},
    {"footprint": (3, 45), "shape": "diamond"},
    {"footprint": (12, 7), "shape": "cross"},
    {"footprint": [[1, 0, 1, 1], [0, 0, 0, 0], [1, 1, 1, 1]], "anchor": (3, 1)},
    {"structure": [[1, -2, 3], [0, 7, 2]]},
)


@pytest.mark.sample
@pytest.mark.parametrize("dtype", ["bool", *DTYPES])
@pytest.mark.parametrize("number", range(len(FOOTPRINTS)))
def test_every_width(rng: np.random.Generator, dtype: str, number: int) -> None:
    options = FOOTPRINTS[number]
    if dtype == "bool" and "structure" in options:
        return
    for turn, width in enumerate(WIDTHS[number % 3 :: 3]):
        image = noise(rng, (int(rng.integers(1, 60)), width, CHANNELS[turn % 6]), dtype)
        border = (BORDERS[turn % 5], BORDERS[(turn + number) % 5])
        op = functools.partial(OPS[turn % 6], **options, border=border, value=1)
        assert_one_answer(op, image, (OPS[turn % 6].__name__, options, border, image.shape))


@pytest.mark.parametrize("threads", THREADS)
def test_threads(rng: np.random.Generator, threads: int) -> None:
    for dtype in ("uint8", "float32"):
        image = random_image(rng, (500, 700, 3), dtype)
        for op, options in itertools.product(OPS, (FOOTPRINTS[6], FOOTPRINTS[11], FOOTPRINTS[13], FOOTPRINTS[17])):
            with px.num_threads(1):
                expected = op(image, **options)
            with px.num_threads(threads):
                assert_same(op(image, **options), expected, (dtype, op.__name__, options))


@pytest.mark.parametrize("down", BORDERS)
@pytest.mark.parametrize("op", OPS)
def test_strips(rng: np.random.Generator, op: Any, down: str) -> None:
    """What a strip of rows takes from its neighbours, it finds for itself: also beyond the image, and far from it."""
    far = np.zeros((9, 3), np.uint8)
    far[0, 1:] = far[1, 0] = 1
    elements: tuple[dict[str, Any], ...] = (
        {"footprint": 3},
        {"footprint": (14, 2), "anchor": (1, 13)},
        {"footprint": (45, 1)},
        {"footprint": (21, 1), "anchor": (0, 0)},
        {"footprint": far, "anchor": (2, 8)},
        {"structure": [[3, 1], [-2, 0], [0, 5]], "anchor": (0, 2)},
    )
    for dtype, options in itertools.product(("uint8", "float32"), elements):
        image = random_image(rng, (170, 2100, 3), dtype)
        run = functools.partial(op, image, **options, border=(down, "edge"), value=3)
        with px.use_backend("reference"):
            expected = run()
        for threads in (1, 2, 5):
            with px.num_threads(threads):
                assert_same(run(), expected, (dtype, options, threads))


@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
def test_runs_of_many_lengths(rng: np.random.Generator, dtype: str) -> None:
    """More than are kept: a run is then two of a power of two."""
    holes = rng.random((61, 130)) < 0.97
    width = {"uint8": 9001, "float32": 3001, "float64": 1501}[dtype]
    image = random_image(rng, (40, width, 3), dtype)
    for options in (
        {"footprint": (75, 95), "shape": "ellipse", "border": ("edge", "wrap")},
        {"footprint": holes, "anchor": (129, 3), "border": "constant", "value": 7},
    ):
        assert_one_answer(lambda image, o=options: px.dilate(image, **o), image, options)
    assert_one_answer(lambda image: px.opening(image, 71, shape="diamond"), image, "opening")


def test_nothing_as_large_as_the_image_is_allocated(rng: np.random.Generator) -> None:
    image = random_image(rng, (1000, 1000, 3), "uint8")
    out = np.empty_like(image)
    for op, footprint in itertools.product(OPS, (3, [[0, 1, 0], [1, 1, 1]])):
        tracemalloc.start()
        try:
            op(image, footprint, out=out)
            assert tracemalloc.get_traced_memory()[1] < image.nbytes / 8, (op.__name__, footprint)
        finally:
            tracemalloc.stop()


@pytest.mark.parametrize("isa", ISAS)
def test_results_that_go_past_the_caches(rng: np.random.Generator, isa: str) -> None:
    """More than 8 MiB are stored otherwise: at any alignment, for rows of any width."""
    for dtype, shape in (("uint8", (1031, 2743, 3)), ("float32", (1028, 2051))):
        image = random_image(rng, shape, dtype)
        memory = np.empty(image.nbytes + 64, np.uint8)
        rows = np.minimum(np.minimum(image[:-2], image[1:-1]), image[2:])
        expected = np.minimum(np.minimum(rows[:, :-2], rows[:, 1:-1]), rows[:, 2:])
        for offset in (0, 4, 60):
            out = memory[offset : offset + image.nbytes].view(dtype).reshape(shape)
            for options in ({"footprint": 3}, {"footprint": [[1, 1, 1]] * 2 + [[1, 1, 1]]}):
                out[...] = 0
                with px.use_isa(isa):
                    px.erode(image, **options, out=out)
                assert_same(np.ascontiguousarray(out[1:-1, 1:-1]), expected, (dtype, offset, isa))


def stray(isa: str) -> None:
    """Every way on images between pages that must not be touched, read and written."""
    rng = np.random.default_rng(5)
    sources, results = Guarded(1 << 19), Guarded(1 << 19)
    for dtype, channels, at_the_end in itertools.product(DTYPES, (1, 3, 4), (False, True)):
        pixels = noise(rng, (13, 71, channels), dtype)
        for view in VIEWS.values():
            image = sources.put(view(pixels), at_the_end)
            for turn, options in enumerate(FOOTPRINTS):
                op = functools.partial(OPS[turn % 6], image, **options, border=BORDERS[turn % 5])
                with px.use_backend("native"), px.use_isa(isa):
                    expected = op()
                    out = results.put(view(np.zeros_like(expected)), at_the_end)
                    op(out=out)
                assert_same(out.copy(), expected, (options, dtype, channels))


@looks_itself
@pytest.mark.parametrize("isa", ISAS)
def test_nothing_outside_is_touched(isa: str) -> None:
    assert_nothing_strays(__file__, isa)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_anything(data: st.DataObject) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    extent = (data.draw(SIDES), data.draw(SIDES), data.draw(st.sampled_from([1, 2, 3, 4, 5])))
    image = noise(rng, extent, data.draw(st.sampled_from(["bool", *DTYPES])))
    kind = data.draw(st.sampled_from(["size", "array", "structure"]))
    height, width = data.draw(st.integers(1, 60)), data.draw(st.integers(1, 60))
    options: dict[str, Any] = {"footprint": (height, width)}
    if kind == "size":
        options["shape"] = data.draw(st.sampled_from(SHAPES))
    elif kind == "array" or image.dtype == bool:
        options["footprint"] = rng.random((height, width)) < data.draw(st.sampled_from([0.1, 0.5, 0.95]))
        options["footprint"][rng.integers(height), rng.integers(width)] = True
    else:
        height, width = height % 6 + 1, width % 6 + 1
        options = {"structure": rng.integers(-500, 500, (height, width))}
    options["anchor"] = (data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1)))
    options["border"] = (data.draw(st.sampled_from(BORDERS)), data.draw(st.sampled_from(BORDERS)))
    options["value"] = data.draw(st.integers(0, 1))
    image = MEMORY[data.draw(st.sampled_from(list(MEMORY)))](image)
    op = data.draw(st.sampled_from(OPS))
    isa, threads = data.draw(st.sampled_from(WAYS)), data.draw(st.sampled_from([1, 2, 5]))
    with px.use_backend("reference"):
        expected = op(image, **options)
    with way(isa), px.num_threads(threads):
        assert_same(op(image, **options), expected, (op.__name__, options))
