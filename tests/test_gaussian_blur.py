"""gaussian_blur: the sum where it is cut, the gaussian itself where it is not; SciPy's, OpenCV's, Pillow's."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from filter_oracles import BORDERS, SCIPY, assert_sum, gaussian_sum
from guard_pages import VIEWS, Guarded, assert_nothing_strays, looks_itself
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from oracles import CHANNELS, DTYPES, MEMORY, WIDTHS, assert_golden, assert_same, random_image
from test_geometry_equality import ISAS, SIDES, THREADS, assert_one_answer, noise

import pixlane as px

#: Both sides of the sigma where the coarse grid begins, and far beyond any side.
SIGMAS = (0.0, 0.4, 1.0, 2.7, 3.99, 4.0, 5.3, 9.0, 15.0, 22.0, 60.0, 400.0, 3000.0)
#: Parts of the range that a gaussian on the coarse grid may be off by; levels for integers.
COARSE = {"float16": 2.0**-10, "float32": 1e-5, "float64": 1e-7}


def assert_gaussian(have: NDArray[Any], wanted: NDArray[np.float64], largest: float, what: object) -> None:
    error = np.abs(have.astype(np.float64) - wanted).max(initial=0)
    assert error <= (1.0 if have.dtype.kind in "iu" else COARSE[have.dtype.name] * largest), (error, what)


def test_by_hand(backend: str) -> None:
    row = np.array([[0, 0, 90, 0, 0]], np.float64)
    # exp(-1/2) = 0.60653066, exp(-2) = 0.13533528: of 1 + 2 * (those, cut at 2 sigma) the shares.
    total = 1 + 2 * (0.6065306597126334 + 0.1353352832366127)
    shares = np.array([0.1353352832366127, 0.6065306597126334, 1, 0.6065306597126334, 0.1353352832366127]) / total
    have = px.gaussian_blur(row, (0, 1), truncate=2, border="constant")
    np.testing.assert_allclose(have, 90 * shares[None], rtol=1e-14)
    assert_golden(px.gaussian_blur(row.astype(np.uint8), (0, 1), truncate=2, border="constant"), [[5, 22, 36, 22, 5]])
    assert_golden(px.gaussian_blur(row.astype(np.uint8), (5, 0), border="edge"), row.astype(np.uint8))
    assert_golden(px.gaussian_blur(row.T.astype(np.int16), (0.05, 70)), row.T.astype(np.int16))  # radius 0; one column
    # Wider than anything: half of what is to the left, half of what is to the right; or the mean.
    step = np.array([[0, 8, 100]], np.uint8)
    assert_golden(px.gaussian_blur(step, 1e9, border="edge"), [[50, 50, 50]])
    assert_golden(px.gaussian_blur(step, 1e9, border="wrap"), [[36, 36, 36]])
    assert_golden(px.gaussian_blur(step, 1e9, border="symmetric"), [[36, 36, 36]])
    assert_golden(px.gaussian_blur(step, 1e9, border="reflect"), [[29, 29, 29]])  # 0 8 100 8: the ends count once
    assert_golden(px.gaussian_blur(step, 1e9, border="constant", value=9), [[9, 9, 9]])


@pytest.mark.sample
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_formula(backend: str, rng: np.random.Generator, dtype: str) -> None:
    for turn, (one, other) in enumerate(itertools.product(SIGMAS[::2], SIGMAS[1::2])):
        sigma = (one, other) if turn % 2 else (other, one)
        image = random_image(rng, (int(rng.integers(1, 70)), int(rng.integers(1, 70)), 1 + turn % 4), dtype)
        border = (BORDERS[turn % 5], BORDERS[(turn + turn // 5) % 5])
        for result in (None, DTYPES[turn % len(DTYPES)]):
            have = px.gaussian_blur(image, sigma, border=border, value=1, dtype=result)
            wanted = gaussian_sum(image, sigma, border, 1)
            largest = max(float(np.abs(image).max(initial=0)), 1.0)
            if max(sigma) < 4:
                assert_sum(have, (wanted, np.full(image.shape, largest)), False, (image.shape, sigma, border))
            elif have.dtype.kind in "iu":
                limits = np.iinfo(have.dtype)
                assert_gaussian(have, np.clip(wanted, limits.min, limits.max), largest, (image.shape, sigma, border))
            else:
                assert_gaussian(have, wanted, largest, (image.shape, sigma, border, result))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
@pytest.mark.parametrize("sigma", [4.0, 4.7, 6.1, 15.0, 21.0, 33.0])
def test_the_worst_image(dtype: str, sigma: float) -> None:
    """The error is the sum of weights that are wrong: as large as it gets where the image is 1 at positive ones."""
    top = {"uint8": 255, "uint16": 65535}.get(dtype, 1)
    side = int(sigma * 16) + 1
    exact = gaussian_sum(np.eye(side)[:, :, None], (sigma, 0), ("edge", "edge"))[..., 0]
    ours = px.gaussian_blur(np.eye(side, dtype=np.float64), (sigma, 0), border="edge", dtype="float64")
    if dtype != "float64":  # what the coarser grids of other dtypes do, with more than 8 bits: in float32
        ours = px.gaussian_blur(np.eye(side, dtype=np.float32), (sigma, 0), border="edge").astype(np.float64)
    for row in range(side // 2 - 6, side // 2 + 6):
        wrong = ours[row] - exact[row]
        for signs in (wrong > 0, wrong < 0):
            image = np.where(signs, top, 0).astype(dtype)[:, None] * np.ones(3, dtype)
            have = px.gaussian_blur(image, (sigma, 0), border="edge")
            wanted = gaussian_sum(image[..., None], (sigma, 0), ("edge", "edge"))[..., 0]
            error = np.abs(have.astype(np.float64) - wanted).max() / (1 if top > 1 else top)
            assert error <= {"uint8": 0.6, "uint16": 0.95, "float32": 5e-6, "float64": 5e-8}[dtype], (row, error)


def test_where_it_is_cut(backend: str, rng: np.random.Generator) -> None:
    for dtype, sigma, truncate in itertools.product(("uint8", "float32"), (0.7, 3.0, 6.5), (0.1, 1.0, 3.0, 6.0)):
        image = random_image(rng, (40, 31, 2), dtype)
        have = px.gaussian_blur(image, sigma, truncate=truncate)
        wanted = gaussian_sum(image, (sigma, sigma), ("reflect", "reflect"), 0, truncate)
        assert_sum(have, (wanted, np.full(image.shape, float(image.max()))), False, (dtype, sigma, truncate))


def test_like_others(backend: str, rng: np.random.Generator) -> None:
    ndimage, cv2 = pytest.importorskip("scipy.ndimage"), pytest.importorskip("cv2")
    pil = pytest.importorskip("PIL.Image")
    filters = pytest.importorskip("PIL.ImageFilter")
    image = rng.random((90, 71))
    for sigma, border in itertools.product((0.8, 3.0, 6.0), BORDERS):
        for axis_sigma in (sigma, (sigma, 0)):
            expected = ndimage.gaussian_filter(image, axis_sigma, mode=SCIPY[border])
            have = px.gaussian_blur(image, axis_sigma, border=border)
            np.testing.assert_allclose(have, expected, atol=1e-13 if sigma < 4 else 1.2e-4)  # SciPy cuts at 4 sigma
        wide = ndimage.gaussian_filter(image, sigma, mode=SCIPY[border], truncate=8)
        np.testing.assert_allclose(px.gaussian_blur(image, sigma, border=border, truncate=8), wide, atol=1e-13)
        if sigma > 4:
            np.testing.assert_allclose(px.gaussian_blur(image, sigma, border=border), wide, atol=1e-7)
    photo = random_image(rng, (120, 171, 3), "uint8")
    for sigma in (1.0, 2.5, 7.0):
        theirs = cv2.GaussianBlur(photo, (0, 0), sigma).astype(int)  # of 3 sigma, in 8-bit weights
        assert np.abs(px.gaussian_blur(photo, sigma) - theirs).max() <= 3
    smooth = np.asarray(pil.fromarray(photo).filter(filters.GaussianBlur(9))).astype(int)
    assert np.abs(px.gaussian_blur(photo, 9, border="edge") - smooth)[30:-30, 30:-30].max() <= 4  # of three boxes


def test_flat_images_stay_flat(backend: str) -> None:
    for dtype, sigma in itertools.product(("uint8", "uint16", "int16"), (1.0, 3.5, 4.0, 17.0, 300.0)):
        for level in (0, 1, 77, np.iinfo(dtype).max):
            image = np.full((37, 41, 3), level, dtype)
            assert_same(px.gaussian_blur(image, sigma), image, (dtype, sigma, level))


def test_symmetry(backend: str, rng: np.random.Generator) -> None:
    image = random_image(rng, (50, 50), "float64")
    for sigma in (2.0, 5.0, 40.0):
        have = px.gaussian_blur(image, sigma)
        np.testing.assert_allclose(px.gaussian_blur(image[::-1].copy(), sigma)[::-1], have, rtol=1e-12)
        np.testing.assert_allclose(px.gaussian_blur(image.T.copy(), sigma).T, have, rtol=1e-12)
        assert abs(px.gaussian_blur(image, sigma, border="wrap").mean() - image.mean()) < 1e-8


def test_batches_and_layouts(backend: str, rng: np.random.Generator) -> None:
    images = random_image(rng, (3, 40, 31, 3), "uint8")
    for sigma in (1.5, (6.0, 5.0)):
        expected = np.stack([px.gaussian_blur(image, sigma) for image in images])
        assert_same(px.gaussian_blur(images, sigma), expected)
        planes = np.ascontiguousarray(images.transpose(0, 3, 1, 2))
        assert_same(px.gaussian_blur(planes, sigma, layout="NCHW"), expected.transpose(0, 3, 1, 2))
        out = np.empty_like(planes)
        px.gaussian_blur(planes.transpose(0, 2, 3, 1), sigma, out=out.transpose(0, 2, 3, 1))
        assert_same(out, expected.transpose(0, 3, 1, 2))


def test_empty(backend: str) -> None:
    for shape, sigma in itertools.product(((0, 5, 3), (5, 0, 3), (5, 5, 0), (0, 4, 4, 3)), (1, 9)):
        assert px.gaussian_blur(np.zeros(shape, np.uint8), sigma).shape == shape


def test_nan_reaches_its_neighbourhood(backend: str) -> None:
    for sigma in (1.0, 6.0):
        image = np.ones((200, 200), np.float32)
        image[100, 100] = np.nan
        reached = np.isnan(px.gaussian_blur(image, sigma))
        assert reached[100 - int(2 * sigma) : 101 + int(2 * sigma), 100].all()
        assert not reached[:5].any() and not reached[:, -5:].any()


def test_bad_input(backend: str) -> None:
    image = np.zeros((4, 5), np.uint8)
    for sigma, error, words in (
        (-1, ValueError, "sigma must be at least 0"),
        ((1, -0.1), ValueError, "sigma must be at least 0"),
        (float("nan"), ValueError, "sigma must be finite"),
        (float("inf"), ValueError, "sigma must be finite"),
        ((1, 2, 3), ValueError, "of y, of x"),
        ("1", TypeError, "sigma must be a real number"),
        (True, TypeError, "sigma must be a real number"),
        (None, TypeError, "sigma must be a real number"),
    ):
        with pytest.raises(error, match=words):
            px.gaussian_blur(image, sigma)  # type: ignore[arg-type]
    for truncate, error, words in (
        (0, ValueError, "truncate must be above 0"),
        (-4.0, ValueError, "truncate must be above 0"),
        (float("nan"), ValueError, "truncate must be finite"),
        ("4", TypeError, "truncate must be a real number"),
    ):
        with pytest.raises(error, match=words):
            px.gaussian_blur(image, 2, truncate=truncate)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="at most 32768 pixels"):
        px.gaussian_blur(image, 1e9, truncate=4)
    for sigma in (1, 9):
        with pytest.raises(TypeError, match="dtype must be one of"):
            px.gaussian_blur(image, sigma, dtype="bool")
        with pytest.raises(ValueError, match="border must be one of"):
            px.gaussian_blur(image, sigma, border="mirror")
        with pytest.raises(ValueError, match="overlap"):
            px.gaussian_blur(image, sigma, out=image)
        with pytest.raises(TypeError, match="image"):
            px.gaussian_blur(image.astype(np.complex64), sigma)
        with pytest.raises(ValueError, match="value must be"):
            px.gaussian_blur(image, sigma, border="constant", value=256)


# ---- one answer

native = pytest.mark.skipif(not px.info()["native"], reason="the native module is not here")


@native
@pytest.mark.sample
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("result", [None, "uint8", "uint16", "int16", "float16", "float32", "float64"])
def test_blurs_of_every_width(rng: np.random.Generator, dtype: str, result: str | None) -> None:
    for turn, width in enumerate(WIDTHS):
        image = noise(rng, (int(rng.integers(1, 60)), width, CHANNELS[turn % 6]), dtype)
        sigma = (SIGMAS[turn % len(SIGMAS)], SIGMAS[(turn * 5 + 6) % len(SIGMAS)])
        border = (BORDERS[turn % 5], BORDERS[(turn + 2) % 5])
        op = lambda image, s=sigma, b=border: px.gaussian_blur(image, s, border=b, value=1, dtype=result)  # noqa: E731
        assert_one_answer(op, image, (sigma, border, image.shape))


@native
@pytest.mark.parametrize("threads", THREADS)
def test_threads(rng: np.random.Generator, threads: int) -> None:
    for dtype, sigma in itertools.product(("uint8", "float32"), (1.5, 4.5, (30.0, 7.0))):
        image = noise(rng, (700, 400, 3), dtype)
        with px.num_threads(1):
            expected = px.gaussian_blur(image, sigma)
        with px.num_threads(threads):
            assert_same(px.gaussian_blur(image, sigma), expected, (dtype, sigma))


@native
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_any_blur(data: st.DataObject) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    image: Any = noise(
        rng,
        (data.draw(SIDES), data.draw(SIDES), data.draw(st.sampled_from([1, 2, 3, 4, 5]))),
        data.draw(st.sampled_from(DTYPES)),
    )
    image = MEMORY[data.draw(st.sampled_from(list(MEMORY)))](image)
    options: Any = {
        "sigma": (data.draw(st.sampled_from(SIGMAS)), data.draw(st.floats(0, 100))),
        "border": (data.draw(st.sampled_from(BORDERS)), data.draw(st.sampled_from(BORDERS))),
        "value": data.draw(st.integers(0, 100)),
        "dtype": data.draw(st.sampled_from([None, *DTYPES])),
    }
    isa, threads = data.draw(st.sampled_from(ISAS)), data.draw(st.sampled_from([1, 2, 5]))
    with px.use_backend("reference"):
        expected = px.gaussian_blur(image, **options)
    with px.use_backend("native"), px.use_isa(isa), px.num_threads(threads):
        assert_same(px.gaussian_blur(image, **options), expected, options)


def stray(isa: str) -> None:
    rng = np.random.default_rng(5)
    sources, results = Guarded(1 << 16), Guarded(1 << 16)
    with px.use_backend("native"), px.use_isa(isa):
        for dtype, view, at_the_end in itertools.product(("uint8", "uint16", "float32"), VIEWS.values(), (False, True)):
            image: NDArray[Any] = noise(rng, (33, 37, 3), dtype)
            source, out = sources.put(view(image), at_the_end), results.put(np.zeros_like(image), at_the_end)
            for sigma in (1.0, 4.0, (9.0, 0.0), (0.0, 30.0), 500.0):
                px.gaussian_blur(source, sigma, out=out)
                assert_same(out, px.gaussian_blur(image, sigma), sigma)
                px.gaussian_blur(source, sigma, border="constant", out=out)


@native
@looks_itself
@pytest.mark.parametrize("isa", ISAS)
def test_nothing_strays(isa: str) -> None:
    assert_nothing_strays(__file__, isa)
