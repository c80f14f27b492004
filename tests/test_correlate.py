"""correlate: the formula, SciPy's modes and origins, OpenCV; and which arithmetic a kernel is given."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from filter_oracles import BORDERS, SCIPY, assert_sum, weighted_sum
from oracles import DTYPES, MEMORY, assert_golden, assert_same, random_image

import pixlane as px
from pixlane import _taps


def random_kernel(rng: np.random.Generator, kind: int, height: int, width: int) -> Any:
    column, row = rng.standard_normal(height), rng.standard_normal(width)
    return (
        rng.integers(-9, 10, (height, width)).astype(float),
        rng.standard_normal((height, width)),
        rng.dirichlet(np.ones(height * width)).reshape(height, width),
        np.outer(rng.integers(-3, 4, height), rng.integers(-3, 4, width)).astype(float),
        np.outer(column, row) / np.abs(np.outer(column, row)).sum(),
        np.outer(column, row).astype(np.float32),
    )[kind]


def test_by_hand(backend: str) -> None:
    line = np.array([[0, 0, 1, 0, 0]], np.uint8)
    assert_golden(px.correlate(line, [[1, 2, 3]]), [[0, 3, 2, 1, 0]])
    assert_golden(px.correlate(line.T.copy(), [[1], [2], [3]]), [[0], [3], [2], [1], [0]])
    # The last pixel sees the 1 again in the mirror, two pixels to its right.
    assert_golden(px.correlate(line, [[1, 2, 3]], anchor=(0, 0)), [[3, 2, 1, 0, 3]])
    # An even kernel lies on its later half: 0.25 * 6 + 0.5 * 10 and 0.25 * 10 + 0.5 * 20, both rounded up.
    pair = np.array([[10, 20]], np.uint8)
    assert_golden(px.correlate(pair, [[0.25, 0.5]], border="constant", value=6), [[7, 13]])
    # Halves are rounded up, what is beyond the range is cut off.
    ends = np.array([[1, 255]], np.uint8)
    assert_golden(px.correlate(ends, [[0.5]]), [[1, 128]])
    assert_golden(px.correlate(ends, [[-0.5]], dtype="int16"), [[0, -127]])
    assert_golden(px.correlate(ends, [[2]]), [[2, 255]])
    assert_golden(px.correlate(ends, [[0]]), [[0, 0]])
    # Rows above by mirroring, columns beside by wrapping: 1 * 5 + 10 * 3 + 100 * 2.
    square = np.array([[1, 2, 3], [4, 5, 6]], np.uint8)
    kernel = [[0, 1, 0], [10, 0, 100], [0, 0, 0]]
    have = px.correlate(square, kernel, border=("reflect", "wrap"), dtype="int16")
    assert_golden(have, [[30 + 200 + 4, 10 + 300 + 5, 20 + 100 + 6], [60 + 500 + 1, 40 + 600 + 2, 50 + 400 + 3]])


@pytest.mark.sample
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("result", [None, *DTYPES])
def test_the_formula(backend: str, rng: np.random.Generator, dtype: str, result: str | None) -> None:
    for turn in range(36):
        shape = (int(rng.integers(1, 30)), int(rng.integers(1, 150)), (1, 2, 3, 4, 5)[turn % 5])
        image = random_image(rng, shape, dtype)
        height, width = (int(side) for side in rng.integers(1, 8 if turn % 9 else 40, 2))
        kernel = random_kernel(rng, turn % 6, height, width)
        anchor = (int(rng.integers(width)), int(rng.integers(height)))
        border = (BORDERS[rng.integers(5)], BORDERS[rng.integers(5)])
        have = px.correlate(image, kernel, anchor=anchor, border=border, value=1, dtype=result)
        assert have.dtype == (result or dtype)
        whole = bool((kernel == np.round(kernel)).all()) and image.dtype.kind in "iu"
        sums = weighted_sum(image, kernel, anchor, border, 1)
        assert_sum(have, sums, whole, (shape, kernel.tolist(), anchor, border))


@pytest.mark.parametrize("border", BORDERS)
def test_like_scipy(backend: str, rng: np.random.Generator, border: str) -> None:
    ndimage = pytest.importorskip("scipy.ndimage")
    for height, width in ((1, 1), (1, 4), (3, 3), (4, 5), (6, 2), (7, 11)):
        image, kernel = rng.random((9, 8)), rng.standard_normal((height, width))
        for y in range(-(height // 2), (height - 1) // 2 + 1):
            for x in range(-(width // 2), (width - 1) // 2 + 1):
                expected = ndimage.correlate(image, kernel, mode=SCIPY[border], cval=0.3, origin=(y, x))
                anchor = (width // 2 + x, height // 2 + y)
                have = px.correlate(image, kernel, anchor=anchor, border=border, value=0.3)
                np.testing.assert_allclose(have, expected, atol=1e-13)


def test_like_opencv(backend: str, rng: np.random.Generator) -> None:
    cv2 = pytest.importorskip("cv2")
    image = random_image(rng, (40, 51, 3), "uint8")
    for size in (3, 5, 9):
        kernel = rng.integers(-3, 4, (size, size)).astype(np.float32)
        expected = cv2.filter2D(image, cv2.CV_16S, kernel, borderType=cv2.BORDER_REFLECT_101)
        assert_same(px.correlate(image, kernel, dtype="int16"), expected, size)
        kernel = rng.dirichlet(np.ones(size * size)).reshape(size, size)
        expected = cv2.filter2D(image, -1, kernel, borderType=cv2.BORDER_REPLICATE)
        have = px.correlate(image, kernel, border="edge")
        assert np.abs(have.astype(int) - expected).max() <= 1


def test_flat_images_stay_flat(backend: str, rng: np.random.Generator) -> None:
    """Quantized weights sum to what the weights sum to."""
    for level in (1, 127, 254, 255):
        image = np.full((12, 80, 3), level, np.uint8)
        for size in ((3, 3), (5, 9), (31, 31)):
            kernel = rng.dirichlet(np.ones(size[0] * size[1])).reshape(size)
            assert_same(px.correlate(image, kernel), image, (level, size))
            column, row = rng.dirichlet(np.ones(size[0])), rng.dirichlet(np.ones(size[1]))
            assert_same(px.correlate(image, np.outer(column, row)), image, (level, size))


def test_what_has_no_weight_is_not_read(backend: str) -> None:
    image = np.array([[1, np.nan, 3], [np.inf, 5, 6]], np.float32)
    kernel = np.zeros((3, 3))
    kernel[1, 1] = 2
    assert_same(px.correlate(image, kernel), image * 2)
    assert_same(px.correlate(image, np.zeros((5, 5))), np.zeros_like(image))


def test_arithmetic() -> None:
    """Which sums a kernel is given, by its weights and the dtypes alone."""
    u8, i16, f32, f64 = (np.dtype(name) for name in ("uint8", "int16", "float32", "float64"))
    line = (1, 6, 15, 20, 15, 6, 1)
    gauss = np.outer(line, line).astype(float)

    def plan(kernel: Any, source: Any = u8, result: Any = u8) -> tuple[str, int]:
        arithmetic, passes = _taps.plan_kernel(kernel.tobytes(), kernel.shape, (0, 0), source, result)
        return arithmetic, len(passes)

    assert plan(gauss) == plan(gauss / 4096) == plan(gauss, result=i16) == ("integer", 2)
    assert plan(gauss[:4, :4]) == ("integer", 1)  # 16 taps, which two passes would not save
    assert plan(gauss / 4096, f32, f32) == ("float32", 2)
    assert plan((gauss / 4096).astype(np.float32).astype(float), f32, f32) == ("float32", 2)
    assert plan(gauss / 4096, f64, f64) == ("float64", 2)
    bumpy = gauss.copy()
    bumpy[1, 2] += 1
    assert plan(bumpy) == ("integer", 1)
    assert plan(bumpy / 4097, f32, f32) == ("float32", 1)
    assert plan(gauss / 4096, u8, f32)[0] == "float32"
    assert plan(gauss * 1e6)[0] == "float64"  # beyond 2**24, and exact
    assert plan(gauss * 1e-3 + 1e3)[0] != "integer"  # int16 has not the bits
    # The product of a column and a row of whole numbers is found even where no element of the kernel is 1.
    assert plan(np.outer((2, 6, 4, 2, 8), (3, 9, 15, 6, 21, 9, 3)).astype(float)) == ("integer", 2)


@pytest.mark.parametrize("memory", MEMORY)
def test_memory_and_layouts(backend: str, rng: np.random.Generator, memory: str) -> None:
    kernel = rng.standard_normal((3, 5))
    for dtype in ("uint8", "uint16", "float32"):
        image = random_image(rng, (17, 30, 3), dtype)
        for weights in (kernel, np.outer(kernel[:, 0], kernel[0]), np.ones((5, 5))):
            for result in (dtype, "int16", "float32"):
                expected = px.correlate(image, weights, dtype=result)
                assert_same(px.correlate(MEMORY[memory](image), weights, dtype=result), expected)
                out = MEMORY[memory](np.zeros_like(expected))
                if out.flags.aligned:
                    px.correlate(image, weights, dtype=result, out=out)
                    np.testing.assert_array_equal(out, expected)
                planar = np.ascontiguousarray(image.transpose(2, 0, 1))[None]
                have = px.correlate(planar, weights, layout="NCHW", dtype=result)
                assert_same(have, np.ascontiguousarray(expected.transpose(2, 0, 1))[None])


def test_batches_values_and_empty(backend: str, rng: np.random.Generator) -> None:
    images = random_image(rng, (2, 17, 30, 3), "uint8")
    kernel = rng.dirichlet(np.ones(9)).reshape(3, 3)
    assert_same(px.correlate(images, kernel)[1], px.correlate(images[1], kernel))
    value = (3, 200, 90)
    expected = np.stack(
        [px.correlate(images[0, ..., c], kernel, border="constant", value=value[c]) for c in range(3)], axis=-1
    )
    assert_same(px.correlate(images[0], kernel, border="constant", value=value), expected)
    for shape in ((0, 5, 5, 3), (2, 0, 5, 3), (2, 5, 0, 3), (2, 5, 5, 0)):
        assert px.correlate(np.zeros(shape, np.uint8), kernel).shape == shape
    assert px.correlate(images, kernel, dtype="float32", out=(out := np.empty(images.shape, "float32"))) is out


@pytest.mark.parametrize(
    ("kernel", "options", "error", "message"),
    [
        ([1, 2, 1], {}, ValueError, "kernel must be two-dimensional.*convolve_separable"),
        (np.zeros((0, 3)), {}, ValueError, "kernel is empty"),
        ([[np.nan]], {}, ValueError, "kernel must be finite"),
        ([[1, np.inf]], {}, ValueError, "kernel must be finite"),
        ([[1j]], {}, TypeError, "kernel must be an array of real numbers, got dtype complex128"),
        ([["a"]], {}, TypeError, "kernel must be an array of real numbers"),
        ([[1, 2], [3]], {}, TypeError, "kernel must be an array of numbers"),
        (None, {}, TypeError, "kernel must be an array of real numbers"),
        (np.ma.masked_array([[1.0]]), {}, TypeError, r"kernel must not be a masked array.*kernel\.filled"),
        ([[1]], {"anchor": (1, 0)}, ValueError, r"anchor must be an element \(x, y\) of a kernel of 1 x 1"),
        ([[1]], {"anchor": (0, -1)}, ValueError, "anchor must be an element"),
        ([[1]], {"anchor": 0}, TypeError, "anchor must be .x, y."),
        ([[1]], {"anchor": (0, 0, 0)}, ValueError, "anchor must be .x, y., got 3 values"),
        ([[1]], {"anchor": (0.0, 0)}, TypeError, r"anchor\[0\] must be an int"),
        ([[1]], {"border": "mirror"}, ValueError, "border must be one of"),
        ([[1]], {"border": ("edge", "mirror")}, ValueError, r"border\[1\] must be one of"),
        ([[1]], {"border": ("edge",)}, ValueError, "border must be a name or"),
        ([[1]], {"border": 3}, TypeError, "border must be one of"),
        ([[1]], {"value": 256}, ValueError, "value must be from 0 to 255"),
        ([[1]], {"dtype": "int64"}, TypeError, "dtype must be one of uint8, uint16"),
        ([[1]], {"layout": "HW"}, ValueError, "layout='HW' has 2 dimensions"),
        ([[1]], {"out": np.zeros((4, 5, 3), np.int16)}, TypeError, "out has dtype int16, the result has uint8"),
    ],
)
def test_bad_input(backend: str, kernel: Any, options: Any, error: type[Exception], message: str) -> None:
    image = np.zeros((4, 5, 3), np.uint8)
    with pytest.raises(error, match=message):
        px.correlate(image, kernel, **options)
    with pytest.raises(ValueError, match="out overlaps the input"):
        px.correlate(image, [[1]], out=image)
    with pytest.raises(TypeError, match="has dtype bool"):
        px.correlate(image.astype(bool), [[1]])


def test_kernels_beyond_the_image(backend: str, rng: np.random.Generator) -> None:
    image = random_image(rng, (3, 4), "float64")
    kernel = rng.standard_normal((41, 33))
    for border in BORDERS:
        sums = weighted_sum(image, kernel, None, (border, border))
        assert_sum(px.correlate(image, kernel, border=border), (sums[0], 10 * sums[1]), False, border)
