"""Bad input: each gives the error that names the argument, what came and what is accepted, and leaves ``out`` alone."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import pixlane as px

Call = Callable[[Any], Any]
NAN, INF = float("nan"), float("inf")
IMAGE = np.arange(8 * 10 * 3, dtype=np.uint8).reshape(8, 10, 3)


def resize(image: Any = IMAGE, size: Any = (4, 5), **options: Any) -> Any:
    return px.resize(image, size, **options)


def normalize(image: Any = IMAGE, mean: Any = 0.5, std: Any = 0.25, **options: Any) -> Any:
    return px.normalize(image, mean, std, **options)


def preprocess(images: Any = IMAGE, **options: Any) -> Any:
    return px.preprocess(images, **{"resize": (4, 5), **options})


def rotate(image: Any = IMAGE, angle: Any = 20, **options: Any) -> Any:
    return px.rotate(image, angle, **options)


def affine(image: Any = IMAGE, matrix: Any = ((1, 0, 0.5), (0, 1, 0)), **options: Any) -> Any:
    return px.affine(image, matrix, **options)


def perspective(image: Any = IMAGE, matrix: Any = ((1, 0, 0.5), (0, 1, 0), (0.01, 0, 1)), **options: Any) -> Any:
    return px.perspective(image, matrix, **options)


POINTS = np.ones((4, 5))


def remap(image: Any = IMAGE, map_x: Any = POINTS, map_y: Any = POINTS, **options: Any) -> Any:
    return px.remap(image, map_x, map_y, **options)


def elastic(image: Any = IMAGE, **options: Any) -> Any:
    return px.elastic(image, 3, 1, **options)


def pyramid_down(image: Any = IMAGE, **options: Any) -> Any:
    return px.pyramid_down(image, **options)


def pyramid_up(image: Any = IMAGE, **options: Any) -> Any:
    return px.pyramid_up(image, **options)


def flip(image: Any = IMAGE, **options: Any) -> Any:
    return px.flip(image, **options)


def pad(image: Any = IMAGE, **options: Any) -> Any:
    return px.pad(image, 1, **options)


def correlate(image: Any = IMAGE, kernel: Any = ((1, 2), (3, -4)), **options: Any) -> Any:
    return px.correlate(image, kernel, **options)


def convolve(image: Any = IMAGE, kernel: Any = ((1, 2), (3, -4)), **options: Any) -> Any:
    return px.convolve(image, kernel, **options)


def convolve_separable(image: Any = IMAGE, kernel_y: Any = (1, 2), kernel_x: Any = (3, 4), **options: Any) -> Any:
    return px.convolve_separable(image, kernel_y, kernel_x, **options)


def sobel(image: Any = IMAGE, **options: Any) -> Any:
    return px.sobel(image, **options)


def scharr(image: Any = IMAGE, **options: Any) -> Any:
    return px.scharr(image, "x", **options)


def laplacian(image: Any = IMAGE, **options: Any) -> Any:
    return px.laplacian(image, **options)


def gaussian_blur(image: Any = IMAGE, sigma: Any = 1.5, **options: Any) -> Any:
    return px.gaussian_blur(image, sigma, **options)


def wide_gaussian(image: Any = IMAGE, **options: Any) -> Any:
    return px.gaussian_blur(image, 9, **options)


def unsharp_mask(image: Any = IMAGE, **options: Any) -> Any:
    return px.unsharp_mask(image, **options)


def box_blur(image: Any = IMAGE, size: Any = 3, **options: Any) -> Any:
    return px.box_blur(image, size, **options)


def median_blur(image: Any = IMAGE, footprint: Any = 3, **options: Any) -> Any:
    return px.median_blur(image, footprint, **options)


def rank_filter(image: Any = IMAGE, rank: Any = 2, footprint: Any = 3, **options: Any) -> Any:
    return px.rank_filter(image, rank, footprint, **options)


def percentile_filter(image: Any = IMAGE, percentile: Any = 40, footprint: Any = 3, **options: Any) -> Any:
    return px.percentile_filter(image, percentile, footprint, **options)


def minimum_filter(image: Any = IMAGE, footprint: Any = 3, **options: Any) -> Any:
    return px.minimum_filter(image, footprint, **options)


def maximum_filter(image: Any = IMAGE, footprint: Any = 3, **options: Any) -> Any:
    return px.maximum_filter(image, footprint, **options)


def erode(image: Any = IMAGE, footprint: Any = 3, **options: Any) -> Any:
    return px.erode(image, footprint, **options)


def dilate(image: Any = IMAGE, footprint: Any = 3, **options: Any) -> Any:
    return px.dilate(image, footprint, **options)


def opening(image: Any = IMAGE, footprint: Any = 3, **options: Any) -> Any:
    return px.opening(image, footprint, **options)


def closing(image: Any = IMAGE, footprint: Any = 3, **options: Any) -> Any:
    return px.closing(image, footprint, **options)


def morphological_gradient(image: Any = IMAGE, footprint: Any = 3, **options: Any) -> Any:
    return px.morphological_gradient(image, footprint, **options)


def top_hat(image: Any = IMAGE, footprint: Any = 3, **options: Any) -> Any:
    return px.top_hat(image, footprint, dark=True, **options)


MOVES = [flip, pad]
#: What puts samples in order takes bool too.
ORDERED = [median_blur, rank_filter, percentile_filter, minimum_filter, maximum_filter]
ORDERED += [erode, dilate, opening, closing, morphological_gradient, top_hat]
FILTERS = [correlate, convolve, convolve_separable, sobel, scharr, laplacian]
FILTERS += [gaussian_blur, wide_gaussian, unsharp_mask, box_blur, *ORDERED]
OPS = [resize, normalize, preprocess, rotate, affine, perspective, remap, elastic, pyramid_down, pyramid_up, *MOVES]
OPS += FILTERS
RESULTS = {
    **{op.__name__: np.full((8, 10, 3), 77, np.uint8) for op in (rotate, affine, perspective, elastic, flip, *FILTERS)},
    **{op.__name__: np.full((8, 10, 3), 77, np.float32) for op in (sobel, scharr, laplacian)},
    "remap": np.full((4, 5, 3), 77, np.uint8),
    "pyramid_down": np.full((4, 5, 3), 77, np.uint8),
    "pyramid_up": np.full((16, 20, 3), 77, np.uint8),
    "pad": np.full((10, 12, 3), 77, np.uint8),
    "resize": np.full((4, 5, 3), 77, np.uint8),
    "normalize": np.full((8, 10, 3), 77, np.float32),
    "preprocess": np.full((3, 4, 5), 77, np.float32),
}


@pytest.fixture(params=OPS, ids=lambda op: op.__name__)
def op(request: pytest.FixtureRequest) -> Callable[..., Any]:
    function: Callable[..., Any] = request.param
    return function


def refused(error: type[Exception], message: str, op: Callable[..., Any], *args: Any, **options: Any) -> None:
    """Check that the call raises ``error`` with ``message``, with and without ``out``, which stays as it was."""
    with pytest.raises(error) as caught:
        op(*args, **options)
    assert type(caught.value) is error, caught.value
    assert re.search(message, str(caught.value)), f"have {caught.value}\nexpected {message}"
    if "out" not in options:
        out = RESULTS[op.__name__].copy()
        with pytest.raises(error):
            op(*args, **options, out=out)
        assert (out == 77).all()


def test_the_good_call_is_good(backend: str, op: Callable[..., Any]) -> None:
    out = np.zeros_like(RESULTS[op.__name__])
    assert op(out=out) is out
    assert out.any()


# ---- the image


@pytest.mark.parametrize(
    "image",
    [
        [[1, 2], [3, 4]],
        ((1, 2), (3, 4)),
        3,
        2.5,
        True,
        None,
        "photograph.jpg",
        b"\x89PNG",
        bytearray(12),
        memoryview(b"1234"),
        np.float32(1.0),
        {1: 2},
        {1, 2},
        range(4),
        object(),
        np.ndarray,
        (row for row in IMAGE),
    ],
    ids=lambda image: type(image).__name__,
)
def test_not_an_array(backend: str, image: Any) -> None:
    refused(TypeError, r"image must be an array .*, got .*; make one with numpy.asarray\(image\)", resize, image)
    refused(TypeError, r"image must be an array .*, got .*; make one with numpy.asarray\(image\)", normalize, image)
    name = r"images\[0\]" if isinstance(image, (list, tuple)) else "images"
    refused(TypeError, rf"{name} must be an array .*numpy.asarray\({name}\)", preprocess, image)


def test_refused_subclasses(backend: str, op: Callable[..., Any]) -> None:
    masked = np.ma.masked_array(IMAGE, IMAGE > 3)
    refused(TypeError, r"must not be a masked array.*pass images?\.filled\(value\)", op, masked)
    with pytest.warns(PendingDeprecationWarning):
        matrix = np.asmatrix(np.ones((4, 5), np.uint8))
    refused(TypeError, r"must not be a numpy.matrix; pass numpy.asarray\(images?\)", op, matrix)


DTYPES = [
    np.dtype(object),
    np.dtype([("r", "u1"), ("g", "u1")]),
    np.dtype(np.complex64),
    np.dtype(np.complex128),
    np.dtype(np.clongdouble),
    np.dtype(np.longdouble),
    np.dtype("U3"),
    np.dtype("S3"),
    np.dtype("V4"),
    np.dtype("M8[s]"),
    np.dtype("m8[s]"),
]


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_dtypes_that_are_no_pixels(backend: str, op: Callable[..., Any], dtype: Any) -> None:
    image = np.zeros((8, 10, 3), dtype)
    nearest = "accepted are bool, an integer of 8 to 64 bits, float16, float32 or float64"
    accepted = "accepted are bool, uint8" if op in ORDERED else "accepted are uint8"
    accepted = nearest if op in MOVES else f"{accepted}, uint16, int16, float16, float32 or float64"
    name = "images" if op is preprocess else "image"
    refused(TypeError, rf"^{name} has dtype {re.escape(str(dtype))}, {accepted}", op, image)
    refused(TypeError, nearest, rotate, image, interpolation="nearest")
    refused(TypeError, nearest, resize, image, interpolation="nearest")


@pytest.mark.skipif(not hasattr(np.dtypes, "StringDType"), reason="NumPy 1")
def test_string_dtype(backend: str, op: Callable[..., Any]) -> None:
    refused(TypeError, "has dtype StringDType", op, np.full((4, 5), "x", np.dtypes.StringDType()))


@pytest.mark.parametrize("dtype", ["bool", "int8", "int32", "uint32", "int64", "uint64"])
def test_dtypes_that_are_only_moved(backend: str, op: Callable[..., Any], dtype: str) -> None:
    if op in MOVES or (op in ORDERED and dtype == "bool"):
        assert op(IMAGE.astype(dtype)).dtype == dtype
        return
    accepted = "accepted are (bool, )?uint8, uint16, int16, float16, float32 or float64"
    refused(TypeError, f"has dtype {dtype}, {accepted}", op, IMAGE.astype(dtype))
    refused(TypeError, 'bool and other integers with interpolation="nearest" only', resize, IMAGE.astype(dtype))


@pytest.mark.parametrize("shape", [(), (7,), (1, 2, 8, 10, 3), (1,) * 6])
def test_dimensions(backend: str, op: Callable[..., Any], shape: tuple[int, ...]) -> None:
    refused(ValueError, rf"images? must have 2 .*, got {len(shape)}, shape", op, np.zeros(shape, np.uint8))


def test_no_pixels(backend: str) -> None:
    for shape in ((0, 10, 3), (8, 0, 3), (0, 0, 3)):
        refused(ValueError, "image has no pixels", resize, np.zeros(shape, np.uint8))
        refused(ValueError, "images has no pixels", preprocess, np.zeros(shape, np.uint8))
        for op in (rotate, affine, perspective, remap, elastic, pyramid_down, pyramid_up, pad):
            refused(ValueError, "image has no pixels", op, np.zeros(shape, np.uint8))


def test_layout(backend: str, op: Callable[..., Any]) -> None:
    listed = "layout must be one of HW, HWC, CHW, NHW, NHWC, NCHW, got"
    refused(ValueError, rf"{listed} 'WHC'", op, layout="WHC")
    refused(ValueError, rf"{listed} 'hwc'", op, layout="hwc")
    refused(TypeError, rf"{listed} int", op, layout=3)
    refused(
        ValueError,
        r"layout='HW' has 2 dimensions, images? has 3 .*; fitting layouts are HWC, CHW, NHW",
        op,
        layout="HW",
    )
    refused(ValueError, r"layout='NCHW' has 4 dimensions", op, layout="NCHW")


# ---- out


def test_out_of_the_wrong_kind(backend: str, op: Callable[..., Any]) -> None:
    right = RESULTS[op.__name__]
    for out in (right.tolist(), 3, "out", right.ravel()[0], object()):
        refused(TypeError, "out must be a numpy.ndarray like the input, got", op, out=out)
    refused(TypeError, "out must not be a masked array", op, out=np.ma.masked_array(right))


def test_out_of_the_wrong_dtype_or_shape(backend: str, op: Callable[..., Any]) -> None:
    right = RESULTS[op.__name__]
    for dtype in ("int8", "int64", "float64", right.dtype.newbyteorder("S") if right.dtype.itemsize > 1 else "bool"):
        wrong = np.full(right.shape, 77, dtype)
        before = wrong.copy()
        refused(TypeError, rf"out has dtype {re.escape(str(wrong.dtype))}, the result has {right.dtype}", op, out=wrong)
        np.testing.assert_array_equal(wrong, before)
    shape = right.shape
    for wrong_shape in (
        (shape[1], shape[0], *shape[2:]),
        shape[:-1],
        (1, *shape),
        (shape[0] + 1, *shape[1:]),
        (0, *shape[1:]),
    ):
        wrong = np.full(wrong_shape, 77, right.dtype)
        message = re.escape(f"out has shape {wrong_shape}, the result has {shape}")
        refused(ValueError, message, op, out=wrong)
        assert (wrong == 77).all()


def test_out_that_cannot_be_written(backend: str, op: Callable[..., Any]) -> None:
    right = RESULTS[op.__name__]
    locked = right.copy()
    locked.flags.writeable = False
    refused(ValueError, "out is read-only", op, out=locked)
    assert (locked == 77).all()
    row = np.full((1, *right.shape[1:]), 77, right.dtype)
    refused(ValueError, "elements of out share memory|read-only", op, out=np.broadcast_to(row, right.shape))
    shared = np.lib.stride_tricks.as_strided(row, right.shape, (0, *row.strides[1:]))
    refused(ValueError, "elements of out share memory", op, out=shared)
    sliding = np.lib.stride_tricks.as_strided(
        np.full(1000, 77, right.dtype), right.shape, (right.itemsize * 4, right.itemsize * 2, right.itemsize)
    )
    refused(ValueError, "elements of out share memory", op, out=sliding)
    assert (row == 77).all()
    if right.dtype.itemsize > 1:
        memory = np.zeros(right.nbytes + 1, np.uint8)
        refused(ValueError, "out is misaligned", op, out=memory[1:].view(right.dtype).reshape(right.shape))
        assert not memory.any()


def test_out_that_overlaps_the_input(backend: str) -> None:
    memory = np.arange(1000, dtype=np.uint8)
    image, out = memory[:240].reshape(8, 10, 3), memory[230:290].reshape(4, 5, 3)
    before = memory.copy()
    refused(ValueError, "out overlaps the input", resize, image, out=out)
    refused(ValueError, "out overlaps the input", resize, image, image.shape[:2], out=image)
    refused(ValueError, "out overlaps the input", resize, image[::-1], image.shape[:2], out=image)
    np.testing.assert_array_equal(memory, before)
    # Disjoint elements between the same bounds are refused too, which the documentation says.
    wide = np.zeros((8, 20, 3), np.uint8)
    refused(ValueError, "out overlaps the input", resize, wide[:, ::2], (8, 10), out=wide[:, 1::2])
    values = np.arange(500, dtype=np.float32)
    before_values = values.copy()
    refused(
        ValueError,
        "out overlaps the input",
        normalize,
        values[:240].reshape(8, 10, 3),
        out=values[1:241].reshape(8, 10, 3),
    )
    square = values[:300].reshape(10, 10, 3)
    refused(ValueError, "out overlaps the input", normalize, square, out=square.transpose(1, 0, 2))
    refused(
        ValueError, "out overlaps the input", normalize, square, layout_out="CHW", out=values[:300].reshape(3, 10, 10)
    )
    refused(ValueError, "out overlaps the input", preprocess, square, out=values[100:160].reshape(3, 4, 5))
    out_in_list = values[100:220].reshape(2, 3, 4, 5)
    refused(
        ValueError, "out overlaps the input", preprocess, [np.ones((8, 10, 3), np.float32), square], out=out_in_list
    )
    swapped = square.view(square.dtype.newbyteorder("S"))
    refused(ValueError, "out overlaps the input", normalize, swapped, out=square)
    np.testing.assert_array_equal(values, before_values)


# ---- warps


@pytest.mark.parametrize(
    ("op", "options", "error", "message"),
    [
        (rotate, {"angle": "20"}, TypeError, "angle must be a real number"),
        (rotate, {"angle": True}, TypeError, "angle must be a real number"),
        (rotate, {"angle": None}, TypeError, "angle must be a real number"),
        (rotate, {"angle": NAN}, ValueError, "angle must be finite"),
        (rotate, {"angle": INF}, ValueError, "angle must be finite"),
        (rotate, {"angle": [1, 2]}, ValueError, "angle must be one for one image, got 2"),
        (rotate, {"angle": 10**400}, ValueError, "angle must be finite"),
        (rotate, {"center": 3}, TypeError, r"center must be \(x, y\)"),
        (rotate, {"center": (1, 2, 3)}, ValueError, r"center must be \(x, y\), got 3 values"),
        (rotate, {"center": (NAN, 0)}, ValueError, r"center\[0\] must be finite"),
        (rotate, {"zoom": 0}, ValueError, "zoom must be above 0"),
        (rotate, {"zoom": -1.0}, ValueError, "zoom must be above 0"),
        (rotate, {"zoom": 1e-7}, ValueError, r"zoom shrinks the image to less than 2\*\*-20"),
        (rotate, {"zoom": 1e-320}, ValueError, r"zoom shrinks the image to less than 2\*\*-20"),
        (rotate, {"expand": 1}, TypeError, "expand must be True or False"),
        (rotate, {"expand": True, "zoom": 1e300}, ValueError, "makes a side beyond"),
        (
            rotate,
            {"interpolation": "area"},
            ValueError,
            "interpolation must be one of 'bilinear', 'nearest', 'bicubic'",
        ),
        (rotate, {"interpolation": 1}, TypeError, "interpolation must be one of"),
        (rotate, {"border": "mirror"}, ValueError, "border must be one of 'constant', 'edge', 'reflect'"),
        (rotate, {"border": None}, TypeError, "border must be one of"),
        (rotate, {"value": 256}, ValueError, "value must be from 0 to 255 for uint8 images, got 256"),
        (rotate, {"value": -1}, ValueError, "value must be from 0 to 255"),
        (rotate, {"value": NAN}, ValueError, "value must be finite"),
        (rotate, {"value": (1, 2)}, ValueError, r"value must have 1 value or 3 \(one per channel\), got 2"),
        (rotate, {"value": "black"}, TypeError, "value must be a real number"),
        (rotate, {"antialias": None}, TypeError, "antialias must be True or False"),
        (rotate, {"premultiply": True}, ValueError, r"premultiply needs 4 channels \(RGBA\) or 2"),
        (rotate, {"premultiply": "yes"}, TypeError, "premultiply must be True or False"),
        (affine, {"matrix": "turn"}, TypeError, "matrix must be an array of real numbers"),
        (affine, {"matrix": np.eye(3).tobytes()}, TypeError, "matrix must be an array of real numbers"),
        (affine, {"matrix": None}, TypeError, "matrix must be an array of real numbers"),
        (affine, {"matrix": [[1, 2], [3]]}, TypeError, "matrix must be an array of real numbers"),
        (affine, {"matrix": np.eye(3) * 1j}, TypeError, "matrix must be an array of real numbers"),
        (affine, {"matrix": np.eye(2)}, ValueError, r"matrix must have shape \(2, 3\) or \(3, 3\), got \(2, 2\)"),
        (affine, {"matrix": [[[1, 0, 0], [0, 1, 0]]]}, ValueError, "matrix must be one for one image"),
        (affine, {"matrix": np.zeros((2, 3))}, ValueError, "matrix is singular"),
        (affine, {"matrix": [[1, 2, 0], [2, 4, 0]]}, ValueError, "matrix is singular"),
        (affine, {"matrix": [[1, 2, 0], [2, 4, 0]], "inverse": True}, ValueError, "matrix is singular"),
        (affine, {"matrix": [[1, 0, NAN], [0, 1, 0]]}, ValueError, "matrix must be finite"),
        (affine, {"matrix": [[1, 0, 0], [0, INF, 0]]}, ValueError, "matrix must be finite"),
        (affine, {"matrix": [[1e-9, 0, 0], [0, 1, 0]]}, ValueError, "matrix shrinks the image"),
        (affine, {"matrix": [[1e9, 0, 0], [0, 1, 0]], "inverse": True}, ValueError, "matrix shrinks the image"),
        (affine, {"matrix": [[1e-200, 0, 0], [0, 1e-200, 0]]}, ValueError, "singular"),
        (affine, {"matrix": [[1, 0, 0], [0, 1, 0], [0, 0.1, 1]]}, ValueError, "px.perspective takes others"),
        (affine, {"size": 7}, TypeError, "size must be"),
        (affine, {"size": (0, 7)}, ValueError, "size must be at least"),
        (affine, {"inverse": 1}, TypeError, "inverse must be True or False"),
        (perspective, {"matrix": [[1, 0, 0], [0, 1, 0]]}, ValueError, r"matrix must have shape \(3, 3\), got \(2, 3\)"),
        (perspective, {"matrix": np.ones((3, 3))}, ValueError, "matrix is singular"),
        (perspective, {"matrix": [[1, 0, 0], [0, 1, 0], [NAN, 0, 1]]}, ValueError, "matrix must be finite"),
        (remap, {"map_x": np.ones((4, 6))}, ValueError, "map_x and map_y must have one shape and dtype"),
        (remap, {"map_x": np.ones((4, 5), np.float32)}, TypeError, "map_x and map_y must have one shape and dtype"),
        (remap, {"map_x": np.ones((4, 5), int)}, TypeError, "map_x has dtype int64, accepted are float32, float64 and"),
        (remap, {"map_y": np.ones((4, 5), complex)}, TypeError, "map_y has dtype complex128"),
        (remap, {"map_x": [[1.0]]}, TypeError, "map_x must be an array"),
        (remap, {"map_y": np.ones(4)}, ValueError, r"map_y must have shape \(height, width\), got \(4,\)"),
        (remap, {"map_y": np.ones((2, 4, 5))}, ValueError, "map_y must have shape"),
        (remap, {"map_x": np.ones((0, 5)), "map_y": np.ones((0, 5))}, ValueError, "map_x has no points"),
        (remap, {"relative": 1}, TypeError, "relative must be True or False"),
    ],
)
def test_warps(backend: str, op: Any, options: dict[str, Any], error: type[Exception], message: str) -> None:
    refused(error, message, op, **options)


def test_warps_that_memory_cannot_hold(backend: str) -> None:
    with pytest.raises(MemoryError, match="takes"):
        px.affine(IMAGE, np.eye(3), (2**30, 2**30))
    with pytest.raises(MemoryError, match="takes"):
        px.rotate(IMAGE, 30, zoom=1e8, expand=True)
    with pytest.raises(ValueError, match="angle must be one, or one for each of 2 images, got 3"):
        px.rotate(np.stack([IMAGE, IMAGE]), [1, 2, 3])
    wide = np.lib.stride_tricks.as_strided(IMAGE, (1, 2**29 + 1), (0, 0))
    with pytest.raises(ValueError, match=r"image must have sides of at most 2\*\*29 to be warped"):
        px.rotate(wide, 30)


def test_out_that_overlaps_what_is_read(backend: str) -> None:
    image = np.arange(300, dtype=np.float64).reshape(10, 10, 3)
    before = image.copy()
    plane = image[..., 0]
    for call in (
        lambda: px.rotate(image, 20, out=image),
        lambda: px.flip(image, out=image),
        lambda: px.flip(image, out=image[:, ::-1]),
        lambda: px.rot90(image, out=image),
        lambda: px.transpose(plane, "HW", out=plane),
        lambda: px.pad(image[1:9, 1:9], 1, out=image),
        lambda: px.remap(plane.copy(), plane, plane, out=plane),
        lambda: px.elastic(image, 3, 1, out=image),
        lambda: px.pyramid_down(image, out=image[:5, :5]),
        lambda: px.crop(image, (0, 0, 5, 5), out=image[:5, :5]),
        lambda: px.rotate(image.view(image.dtype.newbyteorder("S")), 20, out=image),
        lambda: px.flip(image.view(image.dtype.newbyteorder("S")), out=image),
    ):
        with pytest.raises(ValueError, match="out overlaps the input"):
            call()
    np.testing.assert_array_equal(image, before)


# ---- filters


@pytest.fixture(params=FILTERS, ids=lambda op: op.__name__)
def filter_op(request: pytest.FixtureRequest) -> Callable[..., Any]:
    function: Callable[..., Any] = request.param
    return function


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"border": "mirror"}, ValueError, "border must be one of 'constant', 'edge', 'reflect', 'symmetric', 'wrap'"),
        ({"border": None}, TypeError, "border must be one of .*, got None"),
        ({"border": ("edge", "mirror")}, ValueError, r"border\[1\] must be one of"),
        ({"border": ("edge", 3)}, TypeError, r"border\[1\] must be one of .*, got 3"),
        ({"border": ("edge",) * 3}, ValueError, r"border must be a name or \(of columns, of rows\), got 3 values"),
        ({"value": 256}, ValueError, "value must be from 0 to 255 for uint8 images, got 256"),
        ({"value": NAN}, ValueError, "value must be finite"),
        ({"value": (1, 2)}, ValueError, r"value must have 1 value or 3 \(one per channel\), got 2"),
        ({"value": "black"}, TypeError, "value must be a real number"),
        (
            {"value": np.zeros((2, 2))},
            ValueError,
            r"value must be a number or one number per channel, got shape \(2, 2\)",
        ),
    ],
)
def test_filters(
    backend: str, filter_op: Callable[..., Any], options: dict[str, Any], error: type[Exception], message: str
) -> None:
    refused(error, message, filter_op, **options)


@pytest.mark.parametrize("dtype", ["int8", "int32", "bool", "complex64", "real", 3.5, object, np.int64])
def test_dtype_of_filters(backend: str, filter_op: Callable[..., Any], dtype: Any) -> None:
    if filter_op in ORDERED:
        with pytest.raises(TypeError, match="dtype"):
            filter_op(dtype="uint8")
        return
    accepted = "dtype must be one of uint8, uint16, int16, float16, float32, float64, got"
    refused(TypeError, accepted, filter_op, dtype=dtype)


def test_filters_of_nothing(backend: str, filter_op: Callable[..., Any]) -> None:
    """An empty image gives an empty result, and what is wrong is wrong there too."""
    for shape in ((0, 10, 3), (8, 0, 3), (0, 0), (8, 10, 0), (0, 8, 10, 3), (2, 0, 10, 3), (0, 8, 10, 0)):
        image = np.zeros(shape, np.uint8)
        result = filter_op(image)
        assert result.shape == shape and result.dtype == RESULTS[filter_op.__name__].dtype
        assert filter_op(image, out=result) is result
        with pytest.raises(ValueError, match="border must be one of"):
            filter_op(image, border="mirror")


def test_filters_of_one_pixel(backend: str, filter_op: Callable[..., Any]) -> None:
    """Every neighbour of one pixel is that pixel, or what lies outside."""
    for border in ("edge", "reflect", "symmetric", "wrap"):
        flat = filter_op(np.full((5, 40, 3), 9, np.uint8), border=border)
        for shape in ((1, 1, 3), (1, 40, 3), (5, 1, 3)):
            np.testing.assert_array_equal(
                filter_op(np.full(shape, 9, np.uint8), border=border), flat[: shape[0], : shape[1]]
            )


def test_out_of_filters_that_overlaps_the_input(backend: str, filter_op: Callable[..., Any]) -> None:
    dtype = RESULTS[filter_op.__name__].dtype
    memory = np.arange(600).astype(dtype)
    before = memory.copy()
    image = memory[:240].reshape(8, 10, 3)
    for out in (image, image[::-1], memory[1:241].reshape(8, 10, 3), memory[239:479].reshape(8, 10, 3)):
        with pytest.raises(ValueError, match="out overlaps the input"):
            filter_op(image, out=out)
        with pytest.raises(ValueError, match="out overlaps the input"):
            filter_op(image.view(dtype.newbyteorder("S")), out=out)
    np.testing.assert_array_equal(memory, before)


def test_filters_beyond_32_bits(backend: str, filter_op: Callable[..., Any]) -> None:
    for shape in ((2**31, 2), (2, 2**40), (2, 2, 2**25)):
        with pytest.raises(ValueError, match=r"^image must be at most 2\*\*31 - 1 pixels high and wide, .*got shape"):
            filter_op(np.broadcast_to(np.uint8(7), shape))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_nan_and_infinity_in_filters(backend: str, filter_op: Callable[..., Any], dtype: str) -> None:
    """No warning, no exception; far away from them nothing changes."""
    image = np.linspace(-3, 5, 12 * 250).reshape(12, 250).astype(dtype)
    near = image.copy()
    near[5, 3:6] = np.nan, np.inf, -np.inf
    result, wanted = filter_op(near), filter_op(image)
    assert result.dtype == wanted.dtype
    np.testing.assert_array_equal(result[:, 200:], wanted[:, 200:])
    whole = filter_op(np.full((4, 5), np.nan, dtype))
    assert np.isnan(whole).all()


# ---- sizes


@pytest.mark.parametrize(
    ("size", "error", "message"),
    [
        ((0, 5), ValueError, r"size must be at least \(1, 1\), got \(0, 5\)"),
        ((4, -5), ValueError, r"size must be at least \(1, 1\), got \(4, -5\)"),
        ((4.0, 5), TypeError, r"size\[0\] must be an int, got 4.0 \(float\)"),
        ((4, np.float32(5)), TypeError, r"size\[1\] must be an int, got "),
        ((True, 5), TypeError, r"size\[0\] must be an int, got True \(bool\)"),
        ((4, np.True_), TypeError, r"size\[1\] must be an int, got "),
        (("4", "5"), TypeError, r"size\[0\] must be an int, got '4' \(str\)"),
        ((4, None), TypeError, r"size\[1\] must be an int, got None"),
        ((4,), ValueError, r"size must be \(height, width\), got 1 values"),
        ((4, 5, 3), ValueError, r"size must be \(height, width\), got 3 values"),
        ((), ValueError, r"size must be \(height, width\), got 0 values"),
        (4, TypeError, r"size must be \(height, width\), got 4 \(int\); for a square write \(4, 4\)"),
        (4.5, TypeError, r"size must be \(height, width\), got 4.5 \(float\)"),
        ("45", TypeError, r"size must be \(height, width\), got '45' \(str\)"),
        ({4, 5}, TypeError, r"size must be \(height, width\), got \{4, 5\} \(set\)"),
        (np.array([4.0, 5.0]), TypeError, r"size\[0\] must be an int"),
        (None, ValueError, r"give size=\(height, width\) or scale="),
        ((2**63, 5), ValueError, r"size must be at most 2\*\*31 - 1 on either side, got \(9223372036854775808, 5\)"),
        ([1, 2**31], ValueError, r"size must be at most 2\*\*31 - 1 on either side, got \(1, 2147483648\)"),
        ((10**100, 1), ValueError, "size must be at most"),
        (
            (2**31 - 1, 2**31 - 1),
            ValueError,
            r"result of shape \(2147483647, 2147483647, 3\) and dtype uint8 would take 13835058042397261827 bytes",
        ),
    ],
    ids=str,
)
def test_size(backend: str, size: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        px.resize(IMAGE, size)
    assert re.search(message, str(caught.value)), caught.value


@pytest.mark.parametrize("size", [(2**30, 2**30), (2**20, 2**31 - 1), (2**31 - 1, 2**20)])
def test_a_result_that_memory_cannot_hold(backend: str, size: tuple[int, int]) -> None:
    with pytest.raises(MemoryError, match=r"a result of shape .* and dtype uint8 takes \d+ bytes"):
        px.resize(IMAGE, size)


def test_sizes_of_other_integer_types(backend: str) -> None:
    for size in ([4, 5], np.array([4, 5]), (np.int64(4), np.uint8(5))):
        np.testing.assert_array_equal(px.resize(IMAGE, size), resize())


@pytest.mark.parametrize(
    ("scale", "error", "message"),
    [
        (0, ValueError, "scale must be above 0, got 0"),
        (-0.5, ValueError, "scale must be above 0, got -0.5"),
        ((0.5, 0.0), ValueError, r"scale must be above 0, got \(0.5, 0.0\)"),
        (NAN, ValueError, "scale must be finite, got nan"),
        (INF, ValueError, "scale must be finite, got inf"),
        ((0.5, NAN), ValueError, r"scale\[1\] must be finite, got nan"),
        (True, TypeError, r"scale must be a real number, got True \(bool\)"),
        ("0.5", TypeError, r"scale must be a real number, got '0.5' \(str\)"),
        (0.5j, TypeError, "scale must be a real number"),
        ((0.5, 0.5, 0.5), ValueError, r"scale must be a number or \(scale_y, scale_x\), got 3 values"),
        (1e300, ValueError, r"makes a side beyond 2\*\*31 - 1"),
        ((2.0**28, 1), ValueError, r"makes a side beyond 2\*\*31 - 1 of an image of 8.0 x 10.0"),
        (10**400, ValueError, "scale must be finite"),
    ],
    ids=str,
)
def test_scale(backend: str, scale: Any, error: type[Exception], message: str) -> None:
    refused(error, message, resize, IMAGE, None, scale=scale)


def test_size_and_scale(backend: str) -> None:
    refused(ValueError, "give size or scale, not both", resize, scale=0.5)
    assert px.resize(IMAGE, scale=0.5).shape == (4, 5, 3)
    assert px.resize(IMAGE, scale=(0.25, 2)).shape == (2, 20, 3)
    assert px.resize(IMAGE, scale=0.01).shape == (1, 1, 3)
    assert px.resize(IMAGE, scale=0.5, box=(0, 0, 5, 8)).shape == (4, 3, 3)
    assert px.resize(IMAGE, scale=np.float32(0.5)).shape == (4, 5, 3)


# ---- options of resize


@pytest.mark.parametrize(
    ("box", "error", "message"),
    [
        (
            (-1, 0, 10, 8),
            ValueError,
            r"box must satisfy 0 <= left < right <= 10 and 0 <= top < bottom <= 8 .*got \(-1.0, ",
        ),
        ((0, -0.001, 10, 8), ValueError, "box must satisfy"),
        ((0, 0, 10.001, 8), ValueError, "box must satisfy"),
        ((0, 0, 10, 9), ValueError, "box must satisfy"),
        ((5, 0, 4, 8), ValueError, "box must satisfy"),
        ((5, 0, 5, 8), ValueError, "box must satisfy"),
        ((0, 6, 10, 5), ValueError, "box must satisfy"),
        ((0, 0, NAN, 8), ValueError, r"box\[2\] must be finite, got nan"),
        ((NAN,) * 4, ValueError, r"box\[0\] must be finite, got nan"),
        ((0, 0, INF, 8), ValueError, r"box\[2\] must be finite, got inf"),
        ((0, 0, 10), ValueError, r"box must be \(left, top, right, bottom\), got 3 values"),
        (5, TypeError, r"box must be \(left, top, right, bottom\), got 5 \(int\)"),
        ("0123", TypeError, r"box must be \(left, top, right, bottom\), got '0123'"),
        ((0, 0, "10", 8), TypeError, r"box\[2\] must be a real number, got '10' \(str\)"),
        ((False, 0, 10, 8), TypeError, r"box\[0\] must be a real number, got False \(bool\)"),
        ((0, 0, None, 8), TypeError, r"box\[2\] must be a real number, got None"),
    ],
    ids=str,
)
def test_box(backend: str, box: Any, error: type[Exception], message: str) -> None:
    refused(error, message, resize, box=box)


def test_names(backend: str) -> None:
    listed = "interpolation must be one of 'nearest', 'bilinear', 'bicubic', 'lanczos', 'area', got"
    for op in (resize, preprocess):
        refused(ValueError, rf"{listed} 'bilinera'; did you mean 'bilinear'\?", op, interpolation="bilinera")
        refused(ValueError, rf"{listed} 'LANCZOS'; did you mean 'lanczos'\?", op, interpolation="LANCZOS")
        refused(ValueError, rf"{listed} 'spline'", op, interpolation="spline")
        refused(TypeError, rf"{listed} 2 \(int\)", op, interpolation=2)
        refused(TypeError, rf"{listed} None", op, interpolation=None)
        refused(TypeError, listed, op, interpolation=["bilinear"])
        for wrong in (1, None, "yes", 0.5):
            refused(TypeError, "antialias must be True or False, got", op, antialias=wrong)


def test_premultiply(backend: str) -> None:
    message = r"premultiply needs 4 channels \(RGBA\) or 2 \(gray and alpha\), got"
    refused(ValueError, rf"{message} 3 in layout HWC", resize, premultiply=True)
    refused(ValueError, rf"{message} 1 in layout HW", resize, IMAGE[:, :, 0], premultiply=True)
    refused(ValueError, rf"{message} 5", resize, np.zeros((8, 10, 5), np.uint8), premultiply=True)
    refused(TypeError, "premultiply must be True or False, got 1", resize, premultiply=1)
    for channels in (2, 4):
        assert resize(np.zeros((8, 10, channels), np.uint8), premultiply=True).shape == (4, 5, channels)


def test_keywords_only(backend: str) -> None:
    with pytest.raises(TypeError):
        px.resize(IMAGE, (4, 5), "bilinear")  # type: ignore[misc]
    with pytest.raises(TypeError):
        px.preprocess(IMAGE, 256)  # type: ignore[misc]
    with pytest.raises(TypeError, match="interpolaton"):
        resize(interpolaton="nearest")


# ---- options of normalize


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (NAN, ValueError, "{} must be finite, got nan"),
        (INF, ValueError, "{} must be finite, got inf"),
        ((0.5, NAN, 0.5), ValueError, r"{}\[1\] must be finite, got nan"),
        ((0.5, 0.5, -INF), ValueError, r"{}\[2\] must be finite, got -inf"),
        ((0.5, 0.5), ValueError, r"(mean and std|{}) must have 1 value or 3 \(one per channel\), got 2"),
        ((0.5,) * 4, ValueError, r"(mean and std|{}) must have 1 value or 3 \(one per channel\), got 4"),
        ((), ValueError, "{} must be a number or one number per channel, got none"),
        (np.ones((1, 3)), ValueError, r"{} must be a number or one number per channel, got shape \(1, 3\)"),
        ("0.5", TypeError, r"{} must be a real number, got '0.5' \(str\)"),
        (("a", "b", "c"), TypeError, r"{}\[0\] must be a real number, got 'a'"),
        (True, TypeError, "{} must be a real number, got True"),
        ((0.5, True, 0.5), TypeError, r"{}\[1\] must be a real number, got True"),
        (1j, TypeError, "{} must be a real number"),
        ({0.5}, TypeError, "{} must be a real number"),
    ],
    ids=str,
)
@pytest.mark.parametrize("name", ["mean", "std"])
def test_mean_and_std(backend: str, name: str, value: Any, error: type[Exception], message: str) -> None:
    refused(error, message.format(name), normalize, **{name: value})
    refused(error, message.format(name), preprocess, **{name: value})


def test_std_above_zero(backend: str) -> None:
    for op in (normalize, preprocess):
        refused(ValueError, "std must be above 0, got 0.0", op, std=0)
        refused(ValueError, "std must be above 0, got -1.0", op, std=-1)
        refused(ValueError, r"std must be above 0, got \(0.5, 0.0, 0.5\)", op, std=(0.5, 0.0, 0.5))
    with pytest.raises(TypeError):
        normalize(mean=None)


def test_mean_and_std_of_every_form(backend: str) -> None:
    wanted = normalize(mean=(0.5, 0.5, 0.5), std=(0.25, 0.25, 0.25))
    for mean in (0.5, np.float32(0.5), np.array(0.5), [0.5], np.full(3, 0.5), np.full(3, 0.5, np.float32)):
        np.testing.assert_array_equal(normalize(mean=mean), wanted)
        np.testing.assert_array_equal(normalize(mean=mean, std=(0.25,) * 3), wanted)
    assert normalize(mean=1, std=2).dtype == np.float32


@pytest.mark.parametrize(
    "dtype", ["int8", "uint16", "int32", "bool", "float", "complex64", "f", 3, None, "nonsense", ()]
)
def test_dtype_of_the_result(backend: str, dtype: Any) -> None:
    if dtype in ("float", "f"):
        return  # other spellings of float64 and float32
    refused(TypeError, "dtype must be one of float32, float16, float64, uint8, got", normalize, dtype=dtype)
    refused(TypeError, "dtype must be one of float32, float16, uint8, got", preprocess, dtype=dtype)


def test_dtype_spellings(backend: str) -> None:
    for spelling in ("float16", np.float16, np.dtype("float16"), "f2"):
        assert normalize(dtype=spelling).dtype == np.float16
        assert preprocess(dtype=spelling).dtype == np.float16


def test_scale_and_layout_out(backend: str) -> None:
    for op in (normalize, preprocess):
        refused(ValueError, "scale must be finite, got nan", op, scale=NAN)
        refused(TypeError, "scale must be a real number", op, scale="1/255")
        refused(TypeError, "scale must be a real number", op, scale=(1, 2, 3))
    refused(ValueError, "layout_out must be one of HW, .*, got 'CWH'", normalize, layout_out="CWH")
    refused(TypeError, "layout_out must be one of HW, .*, got int", normalize, layout_out=1)
    refused(ValueError, "layout_out='HW' has no place for axis C of image, which is 3 long", normalize, layout_out="HW")
    refused(
        ValueError,
        "layout_out='HWC' has no place for axis N",
        normalize,
        np.zeros((2, 8, 10, 3), "u1"),
        layout_out="HWC",
    )
    refused(ValueError, "layout_out must be one of 'NCHW', 'NHWC', got 'CHW'", preprocess, layout_out="CHW")


# ---- options of preprocess


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"resize": 0}, ValueError, "resize must be at least 1, got 0"),
        ({"resize": -3}, ValueError, "resize must be at least 1, got -3"),
        ({"resize": 4.0}, TypeError, r"resize must be an int or \(height, width\), got 4.0 \(float\)"),
        ({"resize": True}, TypeError, r"resize must be an int or \(height, width\), got True \(bool\)"),
        ({"resize": "4"}, TypeError, r"resize must be an int or \(height, width\), got '4' \(str\)"),
        ({"resize": (4, 0)}, ValueError, r"resize must be at least \(1, 1\), got \(4, 0\)"),
        ({"resize": (4, 5.0)}, TypeError, r"resize\[1\] must be an int, got 5.0"),
        ({"resize": (4, 5, 6)}, ValueError, r"resize must be \(height, width\), got 3 values"),
        ({"resize": 2**62}, ValueError, "too large, beyond"),
        ({"resize": 2**31, "crop": 4}, ValueError, "resize=2147483648 and crop=4 make 8 x 10 pixels too large"),
        ({"crop": (2**31, 0, 2**31 + 4, 4)}, ValueError, "too large, beyond"),
        ({"crop": (0, 0, 2**31, 1)}, ValueError, "too large, beyond"),
        ({"crop": 0}, ValueError, "crop must be at least 1, got 0"),
        (
            {"crop": 2.5},
            TypeError,
            r"crop must be an int, \(height, width\) or \(left, top, right, bottom\), got 2.5 ",
        ),
        ({"crop": (0, 3)}, ValueError, r"crop must be at least \(1, 1\), got \(0, 3\)"),
        ({"crop": (1, 2, 3)}, ValueError, r"crop must be an int, .*, got 3 values"),
        ({"crop": (3, 0, 3, 4)}, ValueError, r"crop must satisfy left < right and top < bottom, got \(3, 0, 3, 4\)"),
        ({"crop": (0, 4, 3, 2)}, ValueError, "crop must satisfy left < right"),
        ({"crop": (0, 0, 2.5, 2)}, TypeError, r"crop\[2\] must be an int, got 2.5"),
        ({"fit": "cover"}, ValueError, "fit must be one of 'shorter', 'stretch', 'pad', got 'cover'"),
        ({"fit": "padded"}, ValueError, r"got 'padded'; did you mean 'pad'\?"),
        ({"fit": None}, TypeError, "fit must be one of 'shorter', 'stretch', 'pad', got None"),
        ({"fit": "pad", "resize": None}, ValueError, r'fit="pad" needs resize=\(height, width\)'),
        ({"flip": 1}, TypeError, "flip must be a bool, or one bool per image, got 1"),
        ({"flip": "yes"}, TypeError, "flip must be a bool, or one bool per image, got 'yes'"),
        ({"flip": [0]}, TypeError, r"flip\[0\] must be True or False, got 0"),
        ({"flip": [True, False]}, ValueError, "flip must be a bool or one bool for each of 1 images, got 2 values"),
        ({"pad_value": NAN}, ValueError, "pad_value must be finite, got nan"),
        ({"pad_value": 256}, ValueError, "pad_value must be from 0 to 255 for uint8 images, got 256.0"),
        ({"pad_value": -1}, ValueError, "pad_value must be from 0 to 255 for uint8 images, got -1.0"),
        ({"pad_value": (1, 2)}, ValueError, r"pad_value must have 1 value or 3 \(one per channel\), got 2"),
        ({"pad_value": "black"}, TypeError, "pad_value must be a real number, got 'black'"),
        ({"return_transform": 1}, TypeError, "return_transform must be True or False, got 1"),
        (
            {"mean": (0.1, 0.2), "std": (0.1, 0.2, 0.3)},
            ValueError,
            "mean and std must have as many values, or one, got 2 and 3",
        ),
    ],
    ids=str,
)
def test_preprocess_options(backend: str, options: dict[str, Any], error: type[Exception], message: str) -> None:
    refused(error, message, preprocess, **options)


@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        ([[1, 2]], TypeError, r"images\[3\] must be an array .*, got list.*numpy.asarray\(images\[3\]\)"),
        (None, TypeError, r"images\[3\] must be an array .*, got NoneType"),
        (IMAGE.astype(np.uint16), TypeError, r"images\[3\] has dtype uint16, images\[0\] has uint8"),
        (IMAGE.astype(np.int64), TypeError, r"images\[3\] has dtype int64, accepted are uint8, "),
        (IMAGE[:, :, :1], ValueError, r"images\[3\] has 1 channels \(shape \(8, 10, 1\)\), images\[0\] has 3"),
        (IMAGE[:, :, 0], ValueError, r"images\[3\] has 1 channels \(shape \(8, 10\)\), images\[0\] has 3"),
        (np.zeros((8, 0, 3), np.uint8), ValueError, r"images\[3\] has no pixels: its shape is \(8, 0, 3\)"),
        (
            np.zeros((2, 8, 10, 3), np.uint8),
            ValueError,
            r"images\[3\] must be one image, got a batch of shape \(2, 8, 10, 3\)",
        ),
        (np.zeros(8, np.uint8), ValueError, r"images\[3\] must have 2 .* dimensions, got 1"),
        (np.ma.masked_array(IMAGE), TypeError, r"images\[3\] must not be a masked array.*images\[3\].filled"),
    ],
    ids=str,
)
def test_one_bad_image(backend: str, bad: Any, error: type[Exception], message: str) -> None:
    images = [IMAGE, IMAGE[:5], IMAGE[:, 2:], bad, IMAGE]
    out = np.full((5, 3, 4, 5), 77, np.float32)
    with pytest.raises(error) as caught:
        preprocess(images, out=out)
    assert re.search(message, str(caught.value)), caught.value
    assert (out == 77).all()


def test_lists(backend: str) -> None:
    refused(ValueError, "images is empty", preprocess, [])
    refused(ValueError, "images is empty", preprocess, ())
    refused(
        ValueError,
        r"images\[1\] of 8 x 5 gives 6 x 4, images\[0\] of 8 x 10 gives 4 x 5 .*give crop=",
        preprocess,
        [IMAGE, IMAGE[:, :5]],
        resize=4,
    )


def test_preprocess_object_checks_at_once() -> None:
    with pytest.raises(ValueError, match="resize must be at least 1, got 0"):
        px.Preprocess(resize=0)
    with pytest.raises(ValueError, match="std must be above 0"):
        px.Preprocess(std=0)
    with pytest.raises(ValueError, match="layout must be one of"):
        px.Preprocess(layout="WH")
    with pytest.raises(ValueError, match="mean and std must have as many values"):
        px.Preprocess(mean=(0.1, 0.2), std=(0.1, 0.2, 0.3))
    with pytest.raises(TypeError):
        px.Preprocess(256)  # type: ignore[misc]


# ---- pixels that are no numbers


def test_nan_and_infinity_in_pixels(backend: str) -> None:
    image = np.ones((6, 6), np.float32)
    image[2, 3], image[5, 0] = NAN, INF
    values = px.normalize(image, 0.0, 0.5)
    assert np.isnan(values[2, 3])
    assert np.isposinf(values[5, 0])
    levels = px.normalize(image, 0.0, 0.5, dtype="uint8")
    assert levels[2, 3] == 0
    assert levels[5, 0] == 255
    assert levels[0, 0] == 2
    same = px.resize(image, (6, 6), interpolation="nearest")
    np.testing.assert_array_equal(same, image)
    large = px.resize(image, (12, 12))
    assert np.isnan(large).any()
    assert np.isfinite(large[0]).all()


# ---- extreme sizes


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear", "bicubic", "lanczos", "area"])
def test_extreme_ratios(backend: str, interpolation: str) -> None:
    one = np.full((1, 1), 200, np.uint8)
    wide = px.resize(one, (1, 30_000), interpolation=interpolation)
    assert (wide == 200).all()
    assert px.resize(wide, (1, 1), interpolation=interpolation)[0, 0] == 200
    tall = px.resize(one, (30_000, 1), interpolation=interpolation)
    assert (tall == 200).all()
    assert px.resize(tall, (1, 1), interpolation=interpolation)[0, 0] == 200
    long = np.arange(40_000, dtype=np.float32)[None]
    assert px.resize(long, (1, 50_000), interpolation=interpolation).shape == (1, 50_000)


@pytest.mark.parametrize("shape", [(2**31, 2), (2, 2**40), (2, 2, 2**25)])
def test_a_side_beyond_32_bits(backend: str, shape: tuple[int, ...]) -> None:
    """Refused alike by every backend, before anything is computed; a crop first makes it smaller."""
    image = np.broadcast_to(np.uint8(7), shape)
    for op in (
        lambda: px.resize(image, (2, 2)),
        lambda: px.normalize(image, 0, 1, dtype="uint8"),
        lambda: px.preprocess(image, crop=2),
        lambda: px.pad(image, 1),
    ):
        with pytest.raises(ValueError, match=r"^images? must be at most 2\*\*31 - 1 pixels high and wide, .*got shape"):
            op()
    cropped = px.crop(image, (0, 0, 2, 2))
    assert cropped.shape[:2] == (2, 2)
    if cropped.size < 100:  # not the channels
        np.testing.assert_array_equal(px.crop(image, (0, 0, 2, 2), copy=True), cropped)


@pytest.mark.skipif("libasan" in os.environ.get("LD_PRELOAD", ""), reason="the sanitizer marks every byte of 6 GiB")
def test_a_pitch_beyond_two_gigabytes(backend: str) -> None:
    # Rows 3 GiB apart in memory that is reserved but, apart from the pages of the rows, never touched.
    try:
        memory = np.zeros(2 * 3 * 2**30 + 64, np.uint8)
    except MemoryError:
        pytest.skip("not enough address space")
    image = np.lib.stride_tricks.as_strided(memory, (3, 16), (3 * 2**30, 1))
    image[...] = np.arange(48, dtype=np.uint8).reshape(3, 16)
    np.testing.assert_array_equal(px.resize(image, (2, 9)), px.resize(image.copy(), (2, 9)))
    np.testing.assert_array_equal(px.normalize(image, 0, 1), px.normalize(image.copy(), 0, 1))
