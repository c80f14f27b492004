"""normalize against its formula in float64, and to the last bit in ordered float32."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import oracles
import pytest
from numpy.typing import NDArray
from oracles import DTYPES, assert_golden, assert_same

import pixlane as px

OUTPUTS = ("float32", "float16", "float64", "uint8")
MEAN = (0.485, 0.456, 0.406, 0.5, 0.25, 0.1, 0.7, 0.33, 0.9)
STD = (0.229, 0.224, 0.225, 0.25, 0.5, 0.3, 0.2, 0.11, 1.5)
SCALES = {"uint8": 1 / 255, "uint16": 1 / 65535}


def ordered(image: NDArray[Any], dtype: str, scale: float, mean: Any, std: Any) -> NDArray[Any]:
    """x * a + b with each step rounded; a and b of the channel (the last axis) made in float64."""
    work: Any = np.float64 if "float64" in (image.dtype.name, dtype) else np.float32
    channels = image.shape[-1]
    result = np.empty(image.shape, dtype)
    for c in range(channels):
        a, b = work(scale / std[c % len(std)]), work(-mean[c % len(mean)] / std[c % len(std)])
        with np.errstate(all="ignore"):
            values = image[..., c].astype(work) * a + b
            if dtype == "uint8":
                values = np.clip(np.floor(values + work(0.5)), 0, 255)
                values = np.where(np.isnan(values), 0, values)
            result[..., c] = values.astype(dtype)
    return result


# ---- by hand


@pytest.mark.sample
def test_golden(backend: str) -> None:
    image = np.array([[[0, 51, 255], [255, 102, 0]]], np.uint8)
    # 0, 1/5, 1; then minus 0, 1/5, 1/2; over 1, 1/2, 1/4.
    expected = np.array([[[0, 0, 2], [1, 0.4, -2]]])
    for dtype, tolerance in (("float32", 1e-6), ("float16", 1e-3), ("float64", 1e-15)):
        result = px.normalize(image, (0, 0.2, 0.5), (1, 0.5, 0.25), dtype=dtype)
        assert result.dtype == dtype
        assert_golden(result, expected, tolerance)
    planar = px.normalize(image, (0, 0.2, 0.5), (1, 0.5, 0.25), layout_out="CHW")
    assert_golden(planar, expected.transpose(2, 0, 1), 1e-6)
    assert planar.flags.c_contiguous


@pytest.mark.sample
def test_golden_uint8(backend: str) -> None:
    nan, inf = np.nan, np.inf
    image = np.array([[0.49, 0.5, 1.5, 2.5, -0.5, -0.51, 254.5, 255.5, 300, -7, nan, inf, -inf, 1e30, -1e30, 200.4]])
    expected = [[0, 1, 2, 3, 0, 0, 255, 255, 255, 0, 0, 255, 0, 255, 0, 200]]
    for dtype in ("float32", "float64"):
        with np.errstate(over="ignore"):
            assert_golden(px.normalize(image.astype(dtype), 0, 1, dtype="uint8"), expected)
    # 2 x - 10, in whole levels.
    levels = px.normalize(np.array([[0, 5, 6, 100, 200]], np.uint8), 5, 0.5, dtype="uint8")
    assert_golden(levels, [[0, 0, 2, 190, 255]])


def test_the_scale_depends_on_the_dtype(backend: str) -> None:
    for dtype in DTYPES:
        image = np.array([[0, 100]], dtype)
        scale = SCALES.get(dtype, 1.0)
        np.testing.assert_allclose(px.normalize(image, 0, 1, dtype="float64"), image * scale, rtol=1e-15)
        np.testing.assert_array_equal(px.normalize(image, 0, 1, dtype="uint8"), image)
        assert_golden(px.normalize(image, 0, 1, scale=0.5), [[0, 50]])
        assert_golden(px.normalize(image, 0, 1, scale=0.5, dtype="uint8"), [[0, 50]])


# ---- against the formula


@pytest.mark.sample
@pytest.mark.parametrize("dtype_out", OUTPUTS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_formula(backend: str, rng: np.random.Generator, dtype: str, dtype_out: str) -> None:
    image = oracles.random_image(rng, (23, 31, 3), dtype)
    scale = SCALES.get(dtype, 1.0) if dtype_out != "uint8" else 1.0
    mean, std = np.array(MEAN[:3]), np.array(STD[:3])
    if dtype_out == "uint8":
        mean, std = mean * 40, std * (300 if dtype in ("uint16", "int16") else 4)
        if dtype[0] == "f":
            scale = 255.0
    have = px.normalize(image, mean, std, scale=scale, dtype=dtype_out)
    real = (image.astype(np.float64) * scale - mean) / std
    if dtype_out == "uint8":
        count = oracles.Rounding()
        count.add(have, real)
        assert 0 < have.mean() < 255
        return
    # The factor, the product, the offset and the sum are rounded once each; then the result to its dtype.
    unit = 2.0**-53 if "float64" in (dtype, dtype_out) else 2.0**-24
    bound = 1.01 * unit * (2 * np.abs(image * (scale / std)) + np.abs(mean / std) + np.abs(real)) + 1e-45
    if dtype_out == "float16":
        with np.errstate(over="ignore", invalid="ignore"):
            bound += np.spacing(np.abs(real).astype(np.float16)).astype(np.float64) / 2
            inside = np.abs(real) < 65504
    else:
        bound += unit * np.abs(real) if dtype_out == "float64" else 2.0**-24 * np.abs(real)
        inside = np.ones_like(real, bool)
    assert inside.mean() > 0.2
    error = np.abs(have.astype(np.float64) - real)
    assert (error <= bound)[inside].all(), (error / bound)[inside].max()


@pytest.mark.sample
@pytest.mark.parametrize("dtype_out", OUTPUTS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_bytes(backend: str, rng: np.random.Generator, dtype: str, dtype_out: str) -> None:
    """Widths around every number of lanes, each channel count, interleaved and planar, both ways."""
    scale = SCALES.get(dtype, 1.0) if dtype_out != "uint8" else 1.0
    wide = 60.0 if dtype_out == "uint8" else 1.0
    mean, std = tuple(wide * m for m in MEAN), tuple(wide * s for s in STD) if dtype[0] != "f" else STD
    for width, channels in zip(range(1, 68), itertools.cycle(range(1, 10)), strict=False):
        image = oracles.random_image(rng, (3, width, channels), dtype)
        if dtype[0] == "f":
            image = ((image - image.dtype.type(0.25)) * image.dtype.type(300)).astype(dtype)
        m, s = (mean[:channels], std[:channels]) if width % 3 else (mean[0:1], std[0:1])
        expected = ordered(image, dtype_out, scale, m, s)
        options: dict[str, Any] = {"dtype": dtype_out}
        assert_same(px.normalize(image, m, s, **options), expected, (width, channels, "HWC to HWC"))
        planar = np.moveaxis(expected, -1, 0)
        have = px.normalize(image, m, s, layout_out="CHW", **options)
        assert_same(have, planar, (width, channels, "HWC to CHW"))
        source = np.ascontiguousarray(np.moveaxis(image, -1, 0))
        have = px.normalize(source, m, s, layout="CHW", **options)
        assert_same(have, planar, (width, channels, "CHW to CHW"))
        have = px.normalize(source, m, s, layout="CHW", layout_out="HWC", **options)
        assert_same(have, expected, (width, channels, "CHW to HWC"))


@pytest.mark.parametrize("dtype_out", OUTPUTS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_bytes_of_every_width(backend: str, rng: np.random.Generator, dtype: str, dtype_out: str) -> None:
    for width, channels in itertools.product(oracles.WIDTHS, range(1, 10)):
        image = oracles.random_image(rng, (2, width, channels), dtype)
        m, s = MEAN[:channels], STD[:channels]
        expected = ordered(image, dtype_out, 1.5, m, s)
        have = px.normalize(image, m, s, scale=1.5, dtype=dtype_out)
        assert_same(have, expected, (width, channels, "HWC"))
        have = px.normalize(image, m, s, scale=1.5, dtype=dtype_out, layout_out="CHW")
        assert_same(have, np.moveaxis(expected, -1, 0), (width, channels, "CHW"))


def test_every_uint8_and_uint16(backend: str) -> None:
    for image, scale in ((np.arange(256, dtype=np.uint8), 1 / 255), (np.arange(65536, dtype=np.uint16), 1 / 65535)):
        row = image[None, :, None]
        for dtype in OUTPUTS:
            factor = 1.0 if dtype == "uint8" else scale
            for mean, std in ((0.0, 1.0), (0.485, 0.229), (110.0, 257.0)):
                have = px.normalize(row, mean, std, dtype=dtype)
                assert_same(have, ordered(row, dtype, factor, (mean,), (std,)), (dtype, mean))


# ---- float16


@pytest.mark.sample
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_every_half_is_read_exactly(backend: str) -> None:
    halves = np.arange(65536, dtype=np.uint32).astype(np.uint16).view(np.float16).reshape(256, 256)
    single = px.normalize(halves, 0, 1)
    assert_same(single, halves.astype(np.float32))
    assert_same(px.normalize(single, 0, 1, dtype="float16"), halves)
    assert_same(px.normalize(halves, 0, 1, dtype="float64"), halves.astype(np.float64))
    assert_same(px.normalize(halves, 0, 1, dtype="float16"), halves)


def around_the_halves() -> NDArray[np.float32]:
    """Every half, every middle of two neighbours, and the float32 next to each of them."""
    halves = np.arange(0x7C01, dtype=np.uint16).view(np.float16).astype(np.float32)
    halves[-1] = 65536  # where infinity is, as far as rounding goes
    middles = (halves[:-1] + halves[1:]) / 2
    points = np.concatenate([halves, middles])
    up, down = np.nextafter(points, np.float32(np.inf)), np.nextafter(points, np.float32(-np.inf))
    values = np.concatenate([points, up, down])
    return np.concatenate([values, -values])


@pytest.mark.sample
def test_rounding_to_half_is_that_of_numpy(backend: str) -> None:
    # A coarse sweep of all bit patterns besides: infinities, NaN, denormals.
    sweep = np.arange(0, 2**32, 40_009, dtype=np.uint64).astype(np.uint32).view(np.float32)
    for values in (around_the_halves(), sweep[~np.isnan(sweep)], np.array([np.nan, -np.nan, np.inf, -np.inf], "f4")):
        image = np.ascontiguousarray(values[None])
        with np.errstate(over="ignore"):
            expected = image.astype(np.float16)
        assert_same(px.normalize(image, 0, 1, dtype="float16"), expected)


def test_rounding_of_double_to_half_is_that_of_numpy(backend: str) -> None:
    """In one step: a double just above the middle of two halves is not first rounded to float32."""
    single = around_the_halves().astype(np.float64)
    values = np.concatenate([single, np.nextafter(single, np.inf), np.nextafter(single, -np.inf)])[None]
    with np.errstate(over="ignore"):
        expected = values.astype(np.float16)
    assert_same(px.normalize(values, 0, 1, dtype="float16"), expected)


# ---- other floats


@pytest.mark.sample
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
@pytest.mark.parametrize("dtype_out", OUTPUTS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_any_bit_pattern(backend: str, rng: np.random.Generator, dtype: str, dtype_out: str) -> None:
    """Denormals are kept, infinities and NaN come through, overflow is infinite, -0 has its sign."""
    if dtype == "float32":
        image = rng.integers(0, 2**32, (64, 301, 1), np.uint32).view(np.float32)
    else:
        image = rng.integers(0, 2**64, (64, 301, 1), np.uint64).view(np.float64)
    image[0, :6, 0] = [0.0, -0.0, np.nan, np.inf, -np.inf, float(np.finfo(dtype).smallest_subnormal)]
    for mean, std in ((0.0, 1.0), (0.5, 0.25), (-1e-30, 3e20)):
        have = px.normalize(image, mean, std, dtype=dtype_out)
        assert_same(have, ordered(image, dtype_out, 1.0, (mean,), (std,)), (mean, std))


@pytest.mark.parametrize("dtype_out", ["float32", "float16", "float64"])
def test_constants_beyond_float32(backend: str, dtype_out: str) -> None:
    """They are infinite, on every backend without a warning, which the tests take for an error."""
    image = np.array([[0, 1, 255]], np.uint8)
    for mean, std in ((0.0, 1e-60), (-1e60, 1.0), (1e300, 1e-300)):
        have = px.normalize(image, mean, std, dtype=dtype_out)
        with np.errstate(all="ignore"):
            work = np.float64 if dtype_out == "float64" else np.float32
            a, b = np.array([1 / 255 / np.float64(std), -np.float64(mean) / std]).astype(work)
            assert_same(have, (image * a + b).astype(dtype_out), (mean, std))
        assert_same(px.preprocess(image, mean=mean, std=std)[0], px.normalize(image, mean, std))


@pytest.mark.sample
def test_floor_of_x_and_a_half(backend: str) -> None:
    """uint8 results at every half level, and at the floats on both sides of it."""
    for dtype in ("float32", "float64"):
        levels = np.arange(-3, 260, 0.5).astype(dtype)
        image = np.stack(
            [np.nextafter(levels, -np.inf, dtype=dtype), levels, np.nextafter(levels, np.inf, dtype=dtype)]
        )
        expected = np.clip(np.floor(image + image.dtype.type(0.5)), 0, 255).astype(np.uint8)
        assert_same(px.normalize(image, 0, 1, dtype="uint8"), expected)


# ---- places


@pytest.mark.sample
@pytest.mark.parametrize("dtype", ["float32", "float16", "float64", "uint8"])
def test_in_place(backend: str, rng: np.random.Generator, dtype: str) -> None:
    for shape in [(7, 33, 3), (5, 67), (2, 9, 31, 4), (64, 1000, 3)]:
        image = oracles.random_image(rng, shape, dtype)
        mean, std = (0.4, 0.25) if dtype != "uint8" else (40, 0.5)
        expected = px.normalize(image, mean, std, dtype=dtype)
        for memory in ("contiguous", "fortran", "sparse", "reversed", "padded"):
            here = oracles.MEMORY[memory](image) if len(shape) == 3 else image.copy()
            assert px.normalize(here, mean, std, dtype=dtype, out=here) is here
            assert_same(np.ascontiguousarray(here), expected, memory)


@pytest.mark.parametrize("layout", ["HWC", "CHW"])
@pytest.mark.parametrize("layout_out", ["HWC", "CHW"])
def test_out_in_any_memory(backend: str, rng: np.random.Generator, layout: str, layout_out: str) -> None:
    image = oracles.random_image(rng, (13, 29, 3), np.uint8)
    expected = ordered(image, "float32", 1 / 255, MEAN[:3], STD[:3])
    source = image if layout == "HWC" else np.ascontiguousarray(image.transpose(2, 0, 1))
    target = expected if layout_out == "HWC" else np.ascontiguousarray(expected.transpose(2, 0, 1))
    for (name_in, memory_in), (name_out, memory_out) in itertools.product(oracles.MEMORY.items(), repeat=2):
        if name_out == "misaligned":
            continue  # refused
        out = memory_out(np.zeros_like(target))
        options: dict[str, Any] = {"layout": layout, "layout_out": layout_out, "out": out}
        assert px.normalize(memory_in(source), MEAN[:3], STD[:3], **options) is out
        assert_same(np.ascontiguousarray(out), target, (name_in, name_out))


def test_nothing_around_the_result_is_written(backend: str, rng: np.random.Generator) -> None:
    for dtype, channels, width in itertools.product(OUTPUTS, (1, 3, 4), (1, 15, 16, 17, 40)):
        image = oracles.random_image(rng, (4, width, channels), np.uint8)
        frame = np.full((8, width + 9, channels), 77, dtype)
        px.normalize(image, 0, 1, dtype=dtype, out=frame[2:6, 4 : 4 + width])
        frame[2:6, 4 : 4 + width] = 77
        assert (frame == 77).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_batches_and_threads(backend: str, rng: np.random.Generator, dtype: str) -> None:
    """Large enough for several threads: each image gives what it gives alone."""
    batch = oracles.random_image(rng, (3, 150, 211, 3), dtype)
    for layout_out in ("NHWC", "NCHW"):
        have = px.normalize(batch, MEAN[:3], STD[:3], layout_out=layout_out)
        for n in range(3):
            assert_same(have[n], px.normalize(batch[n], MEAN[:3], STD[:3], layout_out=layout_out[1:]))
    gray = px.normalize(batch[..., 1], MEAN[1], STD[1], layout="NHW")
    assert_same(gray, ordered(batch[..., 1:2], "float32", SCALES.get(dtype, 1.0), MEAN[1:2], STD[1:2])[..., 0])


def test_torchvision_by_hand(backend: str) -> None:
    """ToTensor and Normalize as torch computes them differ by rounding only."""
    torch = pytest.importorskip("torch")
    image = oracles.photograph()
    mean, std = torch.tensor(MEAN[:3])[:, None, None], torch.tensor(STD[:3])[:, None, None]
    expected = (torch.from_numpy(image.transpose(2, 0, 1).copy()).float() / 255 - mean) / std
    have = px.normalize(image, MEAN[:3], STD[:3], layout_out="CHW")
    np.testing.assert_allclose(have, expected.numpy(), rtol=0, atol=2e-6)


def test_opencv(backend: str) -> None:
    cv2 = pytest.importorskip("cv2")
    image = oracles.photograph()
    blob = cv2.dnn.blobFromImage(image, 1 / 255, mean=(120, 110, 100)) if hasattr(cv2, "dnn") else None
    if blob is None:
        pytest.skip("OpenCV without dnn")
    mean = np.array([120, 110, 100]) / 255
    np.testing.assert_allclose(px.normalize(image, mean, 1, layout_out="CHW"), blob[0], rtol=0, atol=1e-6)


@pytest.mark.parametrize("isa", px.info()["isa_available"])
@pytest.mark.parametrize("shape", [(1, 2_100_007, 1), (700, 1500, 2), (701, 1001, 3), (512, 1024, 4), (300, 1401, 5)])
@pytest.mark.parametrize("layout_out", ["HWC", "CHW"])
def test_large_results_stored_past_the_caches(isa: str, shape: tuple[int, int, int], layout_out: str) -> None:
    # From 8 MiB on results leave the caches to others, from the first place that is aligned; out may begin anywhere.
    image = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    height, width, channels = shape
    mean, std = MEAN[:channels], STD[:channels]
    sizes = shape if layout_out == "HWC" else (channels, height, width)
    for dtype, dtype_in, skipped in (("float32", "uint8", 0), ("float32", "uint8", 5), ("float64", "uint16", 3)):
        source = image.astype(dtype_in)
        expected = ordered(source, dtype, 1.0, mean, std)
        item = np.dtype(dtype).itemsize
        memory = np.full(image.size * item + 128, 0xA5, np.uint8)
        start = -memory.ctypes.data % 64 + skipped * item
        out = memory[start : start + image.size * item].view(dtype).reshape(sizes)
        with px.use_backend("native"), px.use_isa(isa):
            px.normalize(source, mean, std, scale=1.0, dtype=dtype, layout_out=layout_out, out=out)
        assert_same(out if layout_out == "HWC" else out.transpose(1, 2, 0), expected)
        assert (memory[:start] == 0xA5).all() and (memory[start + image.size * item :] == 0xA5).all()
