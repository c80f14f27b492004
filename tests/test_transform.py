"""Where preprocess puts the pixels: sizes, offsets, and coordinates there and back."""

from __future__ import annotations

import copy
import math
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pixlane as px

SIDES = st.integers(1, 300)


def geometry(shape: tuple[int, int], **options: Any) -> Any:
    """The transform that ``options`` make of an image of ``shape``, which has no channels to compute."""
    image = np.broadcast_to(np.zeros((1, 1, 1), np.uint8), (*shape, 1))[..., :0]
    return px.preprocess(image, return_transform=True, **options)[1]


def torchvision_resize(shape: tuple[int, int], side: int) -> tuple[int, int]:
    """torchvision.transforms.functional._compute_resized_output_size, by its documentation."""
    short, long = min(shape), max(shape)
    other = int(side * long / short)
    return (side, other) if shape[0] <= shape[1] else (other, side)


@given(height=SIDES, width=SIDES, side=SIDES)
def test_shorter_side(height: int, width: int, side: int) -> None:
    assert geometry((height, width), resize=side).resized_size == torchvision_resize((height, width), side)


@given(height=SIDES, width=SIDES, crop_height=SIDES, crop_width=SIDES)
def test_centre_crop(height: int, width: int, crop_height: int, crop_width: int) -> None:
    transform = geometry((height, width), crop=(crop_height, crop_width))
    assert transform.output_size == (crop_height, crop_width)
    for offset, side, crop in zip(transform.offset[::-1], (height, width), (crop_height, crop_width), strict=True):
        if crop <= side:
            assert offset == round((side - crop) / 2.0)
        else:
            assert -offset == (crop - side) // 2


@given(height=SIDES, width=SIDES, box_height=SIDES, box_width=SIDES)
def test_letterbox(height: int, width: int, box_height: int, box_width: int) -> None:
    transform = geometry((height, width), resize=(box_height, box_width), fit="pad")
    new_height, new_width = transform.resized_size
    assert transform.output_size == (box_height, box_width)
    assert 1 <= new_height <= box_height
    assert 1 <= new_width <= box_width
    assert new_height == box_height or new_width == box_width
    scale = min(box_height / height, box_width / width)
    assert abs(new_height - height * scale) <= 0.5 + 1e-9 or new_height == 1
    assert abs(new_width - width * scale) <= 0.5 + 1e-9 or new_width == 1
    left, top = transform.offset
    assert (-top, -left) == ((box_height - new_height) // 2, (box_width - new_width) // 2)


def test_sizes_by_hand() -> None:
    assert geometry((480, 640), resize=256, crop=224).resized_size == (256, 341)
    assert geometry((480, 640), resize=256, crop=224).offset == (58, 16)  # round(58.5) is 58
    assert geometry((640, 480), resize=(100, 50)).resized_size == (100, 50)
    assert geometry((640, 480), resize=100, fit="stretch").resized_size == (100, 100)
    assert geometry((480, 640), resize=640, fit="pad").offset == (0, -80)
    assert geometry((480, 640), resize=640, fit="pad", crop=600).offset == (20, -60)
    assert geometry((480, 640), crop=(10, 20, 110, 70)).output_size == (50, 100)
    assert geometry((480, 640), crop=(10, 20, 110, 70)).offset == (10, 20)
    assert geometry((480, 640)).output_size == (480, 640)
    assert geometry((1, 30_000), resize=2).resized_size == (2, 60_000)


@given(
    height=SIDES,
    width=SIDES,
    resize=st.none() | SIDES | st.tuples(SIDES, SIDES),
    crop=st.none() | SIDES | st.tuples(SIDES, SIDES),
    flip=st.booleans(),
    points=st.lists(st.tuples(st.floats(-500, 500), st.floats(-500, 500)), min_size=1, max_size=5),
)
def test_there_and_back(height: int, width: int, resize: Any, crop: Any, flip: bool, points: Any) -> None:
    transform = geometry((height, width), resize=resize, crop=crop, flip=flip)
    np.testing.assert_allclose(transform.inverse_points(transform.points(points)), points, atol=1e-9, rtol=1e-9)
    boxes = [[min(x, 3), min(y, 5), max(x, 3), max(y, 5)] for x, y in points]
    there = transform.boxes(boxes)
    assert (there[:, 0] <= there[:, 2]).all()
    assert (there[:, 1] <= there[:, 3]).all()
    np.testing.assert_allclose(transform.inverse_boxes(there), boxes, atol=1e-9, rtol=1e-9)


def test_by_hand() -> None:
    transform = geometry((100, 200), resize=(50, 50), fit="pad", flip=True)
    # A quarter of the size, 25 rows in the middle of 50 (12 above), mirrored.
    np.testing.assert_array_equal(transform.boxes([0, 0, 200, 100]), [0, 12, 50, 37])
    np.testing.assert_array_equal(transform.boxes([[0, 0, 40, 20]]), [[40, 12, 50, 17]])
    np.testing.assert_array_equal(transform.inverse_boxes([40, 12, 50, 17]), [0, 0, 40, 20])
    np.testing.assert_array_equal(
        transform.points([-0.5, -0.5]), [49.5, 11.5]
    )  # the upper left corner of the first pixel
    np.testing.assert_array_equal(transform.points([1.5, 1.5]), [49, 12])
    np.testing.assert_array_equal(transform.inverse_points([49, 12]), [1.5, 1.5])
    np.testing.assert_array_equal(transform.inverse_boxes([-10, 0, 20, 60], clip=True), [120, 0, 200, 100])
    np.testing.assert_array_equal(transform.boxes([-40, -80, 200, 100], clip=True), [0, 0, 50, 37])
    assert repr(transform).startswith("Transform(input_size=(100, 200), resized_size=(25, 50), offset=(0, -12), ")


@pytest.mark.parametrize(
    "options",
    [
        {"resize": 40, "crop": 32},
        {"resize": (64, 48), "fit": "pad"},
        {"resize": (30, 50), "flip": True},
        {"crop": (5, 9, 41, 37), "flip": True},
        {"crop": 100},
    ],
    ids=str,
)
def test_the_pixels_are_where_the_boxes_say(backend: str, options: dict[str, Any]) -> None:
    image = np.zeros((60, 80, 1), np.uint8)
    image[20:44, 24:56] = 255
    result, transform = px.preprocess(image, return_transform=True, interpolation="nearest", **options)
    rows, columns = np.nonzero(result[0] > 0.5)
    box = transform.boxes([24, 20, 56, 44], clip=True)
    have = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    np.testing.assert_allclose(have, box, atol=1.0)


def test_kinds_of_coordinates() -> None:
    transform = geometry((100, 200), resize=50)
    assert transform.boxes([0, 0, 2, 2]).dtype == np.float64
    assert transform.boxes(np.zeros((2, 3, 4), np.float32)).dtype == np.float32
    assert transform.boxes(np.zeros((2, 3, 4), np.int64)).shape == (2, 3, 4)
    assert transform.points(np.zeros((0, 2))).shape == (0, 2)
    with pytest.raises(ValueError, match=r"boxes must have shape \(..., 4\), got \(2,\)"):
        transform.boxes([1, 2])
    with pytest.raises(ValueError, match=r"points must have shape \(..., 2\), got \(\)"):
        transform.points(np.array(1.0))
    with pytest.raises(TypeError, match="points must be real numbers, got dtype"):
        transform.points([["a", "b"]])
    torch = pytest.importorskip("torch")
    there = transform.boxes(torch.tensor([[0.0, 0.0, 200.0, 100.0]]))
    assert there.dtype == torch.float32
    assert there.tolist() == [[0.0, 0.0, 100.0, 50.0]]


def test_one_transform_for_each_image(backend: str) -> None:
    images = [np.zeros((20, 30, 3), np.uint8), np.zeros((40, 20, 3), np.uint8)]
    _, transforms = px.preprocess(images, resize=16, crop=12, flip=[False, True], return_transform=True)
    assert [t.input_size for t in transforms] == [(20, 30), (40, 20)]
    assert [t.flipped for t in transforms] == [False, True]
    _, transforms = px.preprocess(
        np.zeros((3, 20, 30, 3), np.uint8), resize=16, flip=[True, False, True], return_transform=True
    )
    assert [t.flipped for t in transforms] == [True, False, True]
    _, alone = px.preprocess(images[0], resize=16, return_transform=True)
    assert alone.resized_size == (16, 24)


# ---- the reusable object


def test_preprocess_object(backend: str, photograph: Any) -> None:
    options: dict[str, Any] = {"resize": 18, "crop": (12, 14), "mean": [0.4, 0.5, 0.6], "std": 0.25, "dtype": "float16"}
    transform = px.Preprocess(**options)
    np.testing.assert_array_equal(transform(photograph), px.preprocess(photograph, **options))
    np.testing.assert_array_equal(transform(photograph, flip=True), px.preprocess(photograph, flip=True, **options))
    out = np.empty((2, 3, 12, 14), np.float16)
    assert transform([photograph] * 2, out=out) is out
    assert transform(photograph, return_transform=True)[1].output_size == (12, 14)


def test_preprocess_object_is_a_value() -> None:
    transform = px.Preprocess(resize=256, crop=224, mean=[0.4, 0.5, 0.6], std=(0.2, 0.2, 0.2), dtype=np.float16)
    assert repr(transform) == (
        "Preprocess(resize=256, crop=224, mean=(0.4, 0.5, 0.6), std=(0.2, 0.2, 0.2), dtype='float16')"
    )
    assert eval(repr(transform), {"Preprocess": px.Preprocess}) == transform
    for twin in (pickle.loads(pickle.dumps(transform)), copy.copy(transform), copy.deepcopy(transform)):
        assert twin == transform
        assert hash(twin) == hash(transform)
    assert transform != px.Preprocess(resize=256)
    assert transform != "transform"
    assert px.Preprocess() == px.Preprocess()
    assert repr(px.Preprocess()) == "Preprocess()"
    assert transform.crop == 224
    assert transform.mean == (0.4, 0.5, 0.6)
    assert {"crop", "fit"} <= set(dir(transform))
    with pytest.raises(AttributeError, match="immutable"):
        transform.crop = 200
    with pytest.raises(AttributeError, match="immutable"):
        del transform.crop
    with pytest.raises(AttributeError, match="no attribute 'cropping'"):
        _ = transform.cropping


def test_pad_value_is_in_units_of_the_image(backend: str) -> None:
    image = np.full((4, 8, 3), 10, np.uint8)
    padded = px.preprocess(image, resize=8, fit="pad", pad_value=(1, 2, 3), dtype="uint8")
    np.testing.assert_array_equal(padded[:, 0, 0], [1, 2, 3])
    np.testing.assert_array_equal(padded[:, 4, 4], [10, 10, 10])
    normalized = px.preprocess(image, resize=8, fit="pad", pad_value=51, mean=0.2)
    np.testing.assert_allclose(normalized[:, 0, 0], 0.0, atol=1e-7)
    assert math.isclose(px.preprocess(image.astype(np.float32), crop=10, pad_value=0.25, scale=2)[0, 0, 0], 0.5)


def test_no_boxes_and_no_points() -> None:
    """A detector that found nothing passes an empty list."""
    _, transform = px.preprocess(np.zeros((40, 60, 3), np.uint8), resize=20, return_transform=True)
    for empty, carry in (
        ([], transform.boxes),
        ((), transform.inverse_boxes),
        (np.zeros((0, 4)), transform.boxes),
    ):
        assert carry(empty).shape == (0, 4)
    assert transform.points([]).shape == transform.inverse_points([]).shape == (0, 2)
