"""erode: the definition, SciPy, OpenCV, scikit-image; what a footprint may be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from filter_oracles import BORDERS, SCIPY
from morphology_oracles import extreme
from oracles import DTYPES, MEMORY, assert_golden, assert_same, random_image

import pixlane as px

SHAPES = ("rectangle", "ellipse", "diamond", "cross")


def noise(rng: np.random.Generator, shape: tuple[int, ...], dtype: str) -> Any:
    """Samples of which many are equal; floats with NaN of both signs, infinities and zeros of both signs."""
    if dtype == "bool":
        return rng.random(shape) < 0.5
    image = random_image(rng, shape, dtype)
    if image.dtype.kind == "f":
        special = np.array([np.nan, -np.nan, np.inf, -np.inf, 0.0, -0.0, 0.0, -0.0], dtype)
        image = np.where(rng.random(shape) < 0.4, rng.choice(special, shape), image - image.dtype.type(0.5))
    return image


def test_by_hand(backend: str) -> None:
    image = np.array([[5, 3, 8], [7, 9, 1], [4, 6, 2]], np.uint8)
    assert_golden(px.erode(image, (1, 3), border="edge"), [[3, 3, 3], [7, 1, 1], [4, 2, 2]])
    assert_golden(px.erode(image, (3, 1), border="edge"), [[5, 3, 1], [4, 3, 1], [4, 6, 1]])
    assert_golden(px.erode(image, 3, border="edge"), [[3, 1, 1], [3, 1, 1], [4, 1, 1]])
    assert_golden(px.erode(image, 3, shape="cross", border="edge"), [[3, 3, 1], [4, 1, 1], [4, 2, 1]])
    # An even size lies on its later half, an anchor on itself.
    assert_golden(px.erode(image, (1, 2), border="constant", value=0), [[0, 3, 3], [0, 7, 1], [0, 4, 2]])
    assert_golden(px.erode(image, (1, 2), anchor=(0, 0), border="constant", value=2), [[3, 3, 2], [7, 1, 1], [4, 2, 2]])
    # What lies outside counts for nothing where it is the largest there is.
    assert_golden(px.erode(image, (1, 3), border="constant", value=255), [[3, 3, 3], [7, 1, 1], [4, 2, 2]])
    # Below an element of heights 0 1 0: 9 - 1 is less than its neighbours' least.
    assert_golden(px.erode(image, structure=[[0, 1, 0]], border="edge"), [[3, 2, 3], [6, 1, 0], [3, 2, 1]])
    assert_golden(px.erode(image, structure=[[9]]), [[0, 0, 0], [0, 0, 0], [0, 0, 0]])
    assert_golden(px.erode(image.astype(np.int16), structure=[[9]]), image.astype(int) - 9)


def test_order_of_floats(backend: str) -> None:
    nan, inf = np.nan, np.inf
    for dtype in ("float16", "float32", "float64"):
        image = np.array([[nan, 1, -0.0, 0.0, -inf, nan, nan, inf]], dtype)
        expected = np.array([[1, -0.0, -0.0, -inf, -inf, -inf, inf, inf]], dtype)
        assert_same(px.erode(image, (1, 3), border="edge"), expected)
        assert_same(px.erode(-image[:, ::-1], (1, 3), border="edge")[0, 3:5], np.array([-0.0, -0.0], dtype))


@pytest.mark.sample
@pytest.mark.parametrize("dtype", ["bool", *DTYPES])
@pytest.mark.parametrize("shape", [*SHAPES, "array", "structure"])
def test_the_definition(backend: str, rng: np.random.Generator, dtype: str, shape: str) -> None:
    if dtype == "bool" and shape == "structure":
        with pytest.raises(TypeError, match="structure is for images of numbers, got bool"):
            px.erode(np.ones((3, 3), bool), structure=[[0]])
        return
    for turn in range(16):
        extent = (int(rng.integers(1, 24)), int(rng.integers(1, 120)), (1, 3, 4, 2)[turn % 4])
        image = noise(rng, extent, dtype)
        height, width = (int(side) for side in rng.integers(1, 9 if turn % 5 else 30, 2))
        anchor = (int(rng.integers(width)), int(rng.integers(height)))
        border = (BORDERS[rng.integers(5)], BORDERS[rng.integers(5)])
        heights = None
        if shape == "array":
            mask = rng.random((height, width)) < 0.5
            mask[rng.integers(height), rng.integers(width)] = True
            have = px.erode(image, mask, anchor=anchor, border=border, value=1)
        elif shape == "structure":
            mask, heights = np.ones((height, width)), rng.integers(-300, 300, (height, width))
            have = px.erode(image, structure=heights, anchor=anchor, border=border, value=1)
        else:
            mask = pixels_of(shape, height, width)
            have = px.erode(image, (height, width), shape=shape, anchor=anchor, border=border, value=1)
        expected = extreme(image, mask, False, anchor, border, 1, heights)
        assert_same(have, expected, (extent, mask.astype(int).tolist(), anchor, border))


def pixels_of(shape: str, height: int, width: int) -> Any:
    """A shape, pixel by pixel."""
    mask = np.zeros((height, width), bool)
    for j, i in np.ndindex(height, width):
        y = min(abs(j - (height - 1) // 2), abs(j - height // 2))
        x = min(abs(i - (width - 1) // 2), abs(i - width // 2))
        b, a = max((height - 1) // 2, 0), max((width - 1) // 2, 0)
        v, u = (y / b if b else 0.0), (x / a if a else 0.0)
        mask[j, i] = {
            "rectangle": True,
            "ellipse": u * u + v * v <= 1 + 1e-9,
            "diamond": u + v <= 1 + 1e-9,
            "cross": x == 0 or y == 0,
        }[shape]
    return mask


def test_shapes_of_scikit_image(backend: str) -> None:
    morphology = pytest.importorskip("skimage.morphology")
    for radius in range(9):
        point = np.full((2 * radius + 1,) * 2, 255, np.uint8)
        point[radius, radius] = 0
        for shape, mask in (("ellipse", morphology.disk(radius)), ("diamond", morphology.diamond(radius))):
            have = px.erode(point, 2 * radius + 1, shape=shape, border="constant", value=255)
            assert_same(have == 0, mask[::-1, ::-1].astype(bool), (shape, radius))


@pytest.mark.parametrize("border", BORDERS)
def test_like_scipy(backend: str, rng: np.random.Generator, border: str) -> None:
    ndimage = pytest.importorskip("scipy.ndimage")
    mode: Any = {"mode": SCIPY[border], "cval": 7}
    for height, width in ((1, 1), (1, 4), (3, 3), (4, 5), (6, 2), (7, 11), (23, 1)):
        image = random_image(rng, (9, 14), "uint8")
        assert_same(
            px.erode(image, (height, width), border=border, value=7),
            ndimage.grey_erosion(image, (height, width), **mode),
            (height, width),
        )
        mask = rng.random((height, width)) < 0.5
        mask[0, 0] = True
        expected = ndimage.grey_erosion(image, footprint=mask, **mode)
        assert_same(px.erode(image, mask, border=border, value=7), expected, mask)
        heights = rng.integers(-50, 50, (height, width))
        expected = ndimage.grey_erosion(image.astype(float), structure=heights, **mode)
        assert_same(px.erode(image.astype(float), structure=heights, border=border, value=7), expected, heights)


def test_like_opencv(backend: str, rng: np.random.Generator) -> None:
    cv2 = pytest.importorskip("cv2")
    for dtype in ("uint8", "uint16", "int16", "float32", "float64"):
        image = random_image(rng, (40, 51, 3), dtype)
        for size in ((3, 3), (5, 2), (1, 9), (31, 31), (60, 45)):
            expected = cv2.erode(image, np.ones(size), borderType=cv2.BORDER_REFLECT_101)
            if max(size) < 40:  # wider ones are not mirrored more than once there
                assert_same(px.erode(image, size), expected, (dtype, size))
            mask = (rng.random(size) < 0.4).astype(np.uint8)
            mask[0, 0] = 1
            expected = cv2.erode(image, mask, borderType=cv2.BORDER_REPLICATE)
            assert_same(px.erode(image, mask, border="edge"), expected, (dtype, size))


def test_beyond_the_image(backend: str, rng: np.random.Generator) -> None:
    """Elements that reach far beyond: the borders repeat themselves."""
    for height, width in ((1, 1), (2, 3), (5, 4)):
        image = random_image(rng, (height, width, 2), "int16")
        for border in BORDERS:
            for size in ((41, 3), (2, 29), (37, 38)):
                for anchor in ((0, 0), (size[1] - 1, size[0] - 1), None):
                    expected = extreme(image, np.ones(size), False, anchor, (border, border), 5)
                    assert_same(px.erode(image, size, anchor=anchor, border=border, value=5), expected, (border, size))
            mask = np.zeros((45, 33), bool)
            mask[[0, 3, 44, 44], [32, 4, 0, 1]] = True
            expected = extreme(image, mask, False, (7, 40), (border, border), 5)
            assert_same(px.erode(image, mask, anchor=(7, 40), border=border, value=5), expected, border)
    assert_same(px.erode(image, 2**20), np.broadcast_to(image.min((0, 1)), image.shape).copy())


@pytest.mark.parametrize("memory", MEMORY)
def test_memory_and_layouts(backend: str, rng: np.random.Generator, memory: str) -> None:
    for dtype in ("uint8", "float16", "float32"):
        image = noise(rng, (17, 30, 3), dtype)
        arguments: list[dict[str, Any]] = [
            {"footprint": 3},
            {"footprint": (5, 1)},
            {"footprint": 7, "shape": "ellipse"},
            {"structure": [[1, 2], [3, 4]]},
        ]
        for options in arguments:
            expected = px.erode(image, **options)
            assert_same(px.erode(MEMORY[memory](image), **options), expected)
            out = MEMORY[memory](np.zeros_like(expected))
            if out.flags.aligned:
                assert px.erode(image, **options, out=out) is out
                np.testing.assert_array_equal(out, expected)
            planar = np.ascontiguousarray(image.transpose(2, 0, 1))[None]
            have = px.erode(planar, **options, layout="NCHW")
            assert_same(have, np.ascontiguousarray(expected.transpose(2, 0, 1))[None])


def test_batches_values_and_empty(backend: str, rng: np.random.Generator) -> None:
    images = random_image(rng, (2, 17, 30, 3), "uint8")
    assert_same(px.erode(images, 3)[1], px.erode(images[1], 3))
    value = (3, 200, 90)
    planes = [px.erode(images[0, ..., c], 5, border="constant", value=value[c]) for c in range(3)]
    assert_same(px.erode(images[0], 5, border="constant", value=value), np.stack(planes, axis=-1))
    for shape in ((0, 5, 5, 3), (2, 0, 5, 3), (2, 5, 0, 3), (2, 5, 5, 0)):
        assert px.erode(np.zeros(shape, np.uint8), 9).shape == shape


@pytest.mark.parametrize(
    ("footprint", "options", "error", "message"),
    [
        (None, {}, TypeError, "footprint is missing"),
        (0, {}, ValueError, "footprint must have sides from 1 to 1048576"),
        (-3, {}, ValueError, "footprint must have sides from 1"),
        (2**20 + 1, {}, ValueError, "footprint must have sides from 1 to 1048576"),
        (True, {}, TypeError, "footprint must be an int"),
        (3.0, {}, TypeError, r"footprint must be an int, got 3.0 \(float\)"),
        ((3, 3, 3), {}, ValueError, "footprint must be a side, .height, width. or two-dimensional, got 3"),
        ((3.0, 3), {}, TypeError, r"footprint\[0\] must be an int, got 3.0 \(float\)"),
        (np.array([3, 2.5]), {}, TypeError, r"footprint\[0\] must be an int, got 3.0 \(float\)"),
        ((3, True), {}, TypeError, r"footprint\[1\] must be an int, got True \(bool\)"),
        ("disk", {}, TypeError, "footprint must be an int, got 'disk'"),
        ([[1], [1, [2]]], {}, TypeError, "footprint must be an array of numbers"),
        (np.ma.masked_array([[1, 2]]), {}, TypeError, "footprint must not be a masked array"),
        (np.zeros((3, 3)), {}, ValueError, "footprint is 0 throughout"),
        (np.zeros((0, 3)), {}, ValueError, "footprint is empty"),
        (np.ones((3, 3, 3)), {}, ValueError, "footprint must be two-dimensional"),
        ([[np.nan]], {}, ValueError, "footprint must be finite"),
        ([[1j]], {}, TypeError, "footprint must be an array of real numbers"),
        (3, {"shape": "disk"}, ValueError, "shape must be one of"),
        ([[1]], {"shape": "ellipse"}, ValueError, "shape='ellipse' is for a footprint that is a size"),
        (3, {"structure": [[1]]}, ValueError, r"structure has shape \(1, 1\), footprint \(3, 3\)"),
        (None, {"structure": [[0.5]]}, ValueError, "structure must be of whole numbers for uint8 images"),
        (None, {"structure": [[np.inf]]}, ValueError, "structure must be finite"),
        (None, {"structure": [1, 2]}, ValueError, "structure must be two-dimensional"),
        (3, {"anchor": (3, 0)}, ValueError, "anchor must be an element .x, y. of a footprint of 3 x 3"),
        (3, {"anchor": 1}, TypeError, "anchor must be .x, y."),
        (3, {"border": "mirror"}, ValueError, "border must be one of"),
        (3, {"value": 256}, ValueError, "value must be from 0 to 255"),
        (3, {"out": np.zeros((4, 5, 3), np.int16)}, TypeError, "out has dtype int16, the result has uint8"),
    ],
)
def test_bad_input(backend: str, footprint: Any, options: Any, error: type[Exception], message: str) -> None:
    image = np.zeros((4, 5, 3), np.uint8)
    with pytest.raises(error, match=message):
        px.erode(image, footprint, **options)
    with pytest.raises(error, match=message):
        px.opening(image, footprint, **options)
    with pytest.raises(ValueError, match="out overlaps the input"):
        px.erode(image, 3, out=image)
    with pytest.raises(TypeError, match="has dtype int64, accepted are bool, uint8"):
        px.erode(image.astype(np.int64), 3)
    with pytest.raises(ValueError, match="float32 holds"):
        px.erode(image.astype(np.float32), structure=[[1e300]])
