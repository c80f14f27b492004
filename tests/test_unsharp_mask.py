"""unsharp_mask: x + amount (x - blurred), rounded once."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from filter_oracles import BORDERS, gaussian_sum
from guard_pages import VIEWS, Guarded, assert_nothing_strays, looks_itself
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from oracles import CHANNELS, DTYPES, MEMORY, WIDTHS, assert_golden, assert_same, random_image
from test_geometry_equality import ISAS, SIDES, THREADS, assert_one_answer, noise

import pixlane as px

SIGMAS = (0.0, 0.7, 2.0, 3.5, 4.0, 11.0, 300.0)


def test_by_hand(backend: str) -> None:
    # Cut at one sigma the weights are 0.60653 / 2.21306 = 0.27407 and 0.45186.
    step = np.array([[10, 10, 10, 90, 90, 90]], np.uint8)
    # 10 - 0.27407 * 80 = -11.9 clamps; 90 + 21.9.
    assert_golden(px.unsharp_mask(step, (0, 1), truncate=1), [[10, 10, 0, 112, 90, 90]])
    assert_golden(px.unsharp_mask(step, (0, 1), 0.25, truncate=1), [[10, 10, 5, 95, 90, 90]])
    assert_golden(px.unsharp_mask(step, (0, 1), -1, truncate=1), [[10, 10, 32, 68, 90, 90]])  # blurs
    assert_golden(px.unsharp_mask(step, (0, 1), truncate=1, threshold=22), step)
    assert_golden(px.unsharp_mask(step, (0, 1), truncate=1, threshold=21), [[10, 10, 0, 112, 90, 90]])
    assert_golden(px.unsharp_mask(step, (0, 1), truncate=1, dtype="int16"), [[10, 10, -12, 112, 90, 90]])
    assert_golden(px.unsharp_mask(step, 7, 0), step)


@pytest.mark.sample
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_formula(backend: str, rng: np.random.Generator, dtype: str) -> None:
    for turn, (one, amount) in enumerate(itertools.product(SIGMAS, (0.5, 1.0, 3.0, -0.5))):
        sigma = (one, SIGMAS[turn * 3 % len(SIGMAS)])
        image = random_image(rng, (int(rng.integers(1, 60)), int(rng.integers(1, 60)), 1 + turn % 4), dtype)
        border = (BORDERS[turn % 5], BORDERS[(turn + 1) % 5])
        exact = image.astype(np.float64)
        blurred = gaussian_sum(image, sigma, border, 1)
        for threshold, result in ((0.0, None), (float(exact.max(initial=0)) / 10, DTYPES[turn % len(DTYPES)])):
            have = px.unsharp_mask(image, sigma, amount, threshold=threshold, border=border, value=1, dtype=result)
            difference = exact - blurred
            wanted = np.where(np.abs(difference) > threshold, exact + amount * difference, exact)
            clear = np.abs(np.abs(difference) - threshold) > 1e-3 * max(1.0, threshold)  # not on the threshold itself
            clear |= threshold == 0
            largest = max(float(np.abs(exact).max(initial=0)), 1.0)
            if have.dtype.kind in "iu":
                limits = np.iinfo(have.dtype)
                wanted = np.clip(wanted, limits.min, limits.max)
                allowed = 0.51 + 1.2e-5 * largest * abs(amount)
            else:
                part = {"float16": 2.0**-10, "float32": 1.2e-5, "float64": 1e-7}[have.dtype.name]
                allowed = part * largest * (1 + abs(amount)) * 2
            with np.errstate(over="ignore", invalid="ignore"):
                clear &= np.isfinite(wanted.astype(have.dtype)) & np.isfinite(have)
                error = np.abs(have.astype(np.float64) - wanted)
            assert error[clear].max(initial=0) <= allowed, (sigma, amount, threshold, result)


@pytest.mark.parametrize("amount", [0.01, 1.0, -5.0, 6.9, 20.0, -1e30])
def test_bytes_of_small_and_large_amounts(backend: str, rng: np.random.Generator, amount: float) -> None:
    """In integers as far as that is exact enough, else in floats."""
    for sigma, shape, threshold in ((1.0, (37, 71, 3), 0.0), (3.9, (50, 40, 1), 0.0), ((0.0, 2.0), (9, 700, 1), 20.0)):
        image = random_image(rng, shape, "uint8")
        exact = image.astype(np.float64)
        difference = exact - gaussian_sum(image, (sigma, sigma) if isinstance(sigma, float) else sigma, BORDERS[:2], 0)
        wanted = np.clip(np.where(np.abs(difference) > threshold, exact + amount * difference, exact), 0, 255)
        clear = np.abs(np.abs(difference) - threshold) > 0.1
        have = px.unsharp_mask(image, sigma, amount, threshold=threshold, border=BORDERS[:2])
        assert np.abs(have - wanted)[clear].max() <= 0.95, (sigma, amount)


def test_like_others(rng: np.random.Generator) -> None:
    skimage = pytest.importorskip("skimage.filters")
    image = rng.random((60, 70))
    expected = skimage.unsharp_mask(image, radius=2.0, amount=0.7, preserve_range=True)
    np.testing.assert_allclose(px.unsharp_mask(image, 2.0, 0.7, border="symmetric"), expected, atol=1e-12)


def test_batches_and_layouts(backend: str, rng: np.random.Generator) -> None:
    images = random_image(rng, (3, 40, 31, 3), "uint8")
    for sigma in (1.5, 6.0):
        expected = np.stack([px.unsharp_mask(image, sigma) for image in images])
        assert_same(px.unsharp_mask(images, sigma), expected)
        planes = np.ascontiguousarray(images.transpose(0, 3, 1, 2))
        assert_same(px.unsharp_mask(planes, sigma, layout="NCHW"), expected.transpose(0, 3, 1, 2))


def test_empty(backend: str) -> None:
    for shape, sigma in itertools.product(((0, 5, 3), (5, 0, 3), (5, 5, 0)), (1, 9)):
        assert px.unsharp_mask(np.zeros(shape, np.uint8), sigma).shape == shape


def test_bad_input(backend: str) -> None:
    image = np.zeros((4, 5), np.uint8)
    for arguments, error, words in (
        ({"sigma": -1}, ValueError, "sigma must be at least 0"),
        ({"sigma": "1"}, TypeError, "sigma must be a real number"),
        ({"amount": float("nan")}, ValueError, "amount must be finite"),
        ({"amount": 1e31}, ValueError, "amount must be from"),
        ({"amount": None}, TypeError, "amount must be a real number"),
        ({"threshold": -1}, ValueError, "threshold must be at least 0"),
        ({"threshold": float("inf")}, ValueError, "threshold must be finite"),
        ({"truncate": 0}, ValueError, "truncate must be above 0"),
        ({"dtype": "bool"}, TypeError, "dtype must be one of"),
        ({"out": image}, ValueError, "overlap"),
    ):
        with pytest.raises(error, match=words):
            px.unsharp_mask(image, **arguments)  # type: ignore[arg-type]


# ---- one answer

native = pytest.mark.skipif(not px.info()["native"], reason="the native module is not here")


@native
@pytest.mark.sample
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("result", [None, "uint8", "uint16", "float32", "float64"])
def test_masks_of_every_width(rng: np.random.Generator, dtype: str, result: str | None) -> None:
    for turn, width in enumerate(WIDTHS):
        image = noise(rng, (int(rng.integers(1, 60)), width, CHANNELS[turn % 6]), dtype)
        sigma = (SIGMAS[turn % len(SIGMAS)], SIGMAS[(turn * 5 + 1) % len(SIGMAS)])
        border = (BORDERS[turn % 5], BORDERS[(turn + 2) % 5])
        threshold = (0.0, 3.0)[turn % 2]
        amount = (1.3, -2.0, 8.0)[turn % 3]
        op = lambda image, s=sigma, b=border, t=threshold, a=amount: px.unsharp_mask(  # noqa: E731
            image, s, a, threshold=t, border=b, value=1, dtype=result
        )
        assert_one_answer(op, image, (sigma, border, image.shape))


@native
@pytest.mark.parametrize("threads", THREADS)
def test_threads(rng: np.random.Generator, threads: int) -> None:
    for dtype, sigma in itertools.product(("uint8", "float32"), (1.5, 9.0)):
        image = noise(rng, (700, 400, 3), dtype)
        with px.num_threads(1):
            expected = px.unsharp_mask(image, sigma)
        with px.num_threads(threads):
            assert_same(px.unsharp_mask(image, sigma), expected, (dtype, sigma))


@native
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_any_mask(data: st.DataObject) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    image: Any = noise(
        rng,
        (data.draw(SIDES), data.draw(SIDES), data.draw(st.sampled_from([1, 2, 3, 4, 5]))),
        data.draw(st.sampled_from(DTYPES)),
    )
    image = MEMORY[data.draw(st.sampled_from(list(MEMORY)))](image)
    options: Any = {
        "sigma": (data.draw(st.sampled_from(SIGMAS)), data.draw(st.floats(0, 30))),
        "amount": data.draw(st.floats(-3, 9)),
        "threshold": data.draw(st.sampled_from([0.0, 0.1, 5.0])),
        "border": (data.draw(st.sampled_from(BORDERS)), data.draw(st.sampled_from(BORDERS))),
        "dtype": data.draw(st.sampled_from([None, *DTYPES])),
    }
    isa, threads = data.draw(st.sampled_from(ISAS)), data.draw(st.sampled_from([1, 2, 5]))
    with px.use_backend("reference"):
        expected = px.unsharp_mask(image, **options)
    with px.use_backend("native"), px.use_isa(isa), px.num_threads(threads):
        assert_same(px.unsharp_mask(image, **options), expected, options)


def stray(isa: str) -> None:
    rng = np.random.default_rng(5)
    sources, results = Guarded(1 << 16), Guarded(1 << 16)
    with px.use_backend("native"), px.use_isa(isa):
        for dtype, view, at_the_end in itertools.product(("uint8", "float32"), VIEWS.values(), (False, True)):
            image: NDArray[Any] = noise(rng, (33, 37, 3), dtype)
            source, out = sources.put(view(image), at_the_end), results.put(np.zeros_like(image), at_the_end)
            for sigma in (1.0, 6.0):
                px.unsharp_mask(source, sigma, out=out)
                assert_same(out, px.unsharp_mask(image, sigma), sigma)


@native
@looks_itself
@pytest.mark.parametrize("isa", ISAS)
def test_nothing_strays(isa: str) -> None:
    assert_nothing_strays(__file__, isa)
