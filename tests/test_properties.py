"""What holds for any image and any arguments: Hypothesis looks for the ones where it does not."""

from __future__ import annotations

from typing import Any

import numpy as np
import oracles
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from oracles import DTYPES, INTERPOLATIONS, assert_same

import pixlane as px

Image = NDArray[Any]

#: `full` repeats each property this many times as often.
DEFAULT, FULL = 60, 3000
NATIVE = pytest.mark.skipif(not px.info()["native"], reason="the native module is not here")
ISAS: list[str] = px.info()["isa_available"]

SIDES = st.integers(1, 90) | st.sampled_from([1, 2, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129])
FINITE = st.floats(-1e3, 1e3, allow_subnormal=False)


def effort(full: bool) -> settings:
    return settings(
        max_examples=FULL if full else DEFAULT,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


@st.composite
def images(draw: st.DrawFn, dtypes: tuple[str, ...] = DTYPES, channels: int | None = None) -> Image:
    """An image (H, W, C) in some memory; noise, or flat, or of few extreme values."""
    shape = (draw(SIDES), draw(SIDES), channels or draw(st.sampled_from([1, 2, 3, 4, 5, 9])))
    dtype = np.dtype(draw(st.sampled_from(dtypes)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    kind = draw(st.sampled_from(["noise", "flat", "extreme"]))
    if kind == "noise":
        image = oracles.random_image(rng, shape, dtype)
    elif dtype.kind == "f":
        special = [0.0, -0.0, 1.0, np.nan, np.inf, -np.inf, 1e-6, 6e4]
        image = rng.choice(np.array(special if kind == "extreme" else [special[0]]), shape).astype(dtype)
    else:
        limits = np.iinfo(dtype.name)
        image = rng.choice(np.array([limits.min, limits.max]), shape if kind == "extreme" else (1, 1, 1)).astype(dtype)
        image = np.broadcast_to(image, shape)
    return oracles.MEMORY[draw(st.sampled_from(list(oracles.MEMORY)))](image)


@st.composite
def boxes(draw: st.DrawFn, height: int, width: int) -> tuple[float, float, float, float] | None:
    if draw(st.booleans()):
        return None
    corners = []
    for side in (width, height):
        low, high = sorted(draw(st.tuples(st.floats(0, side), st.floats(0, side))))
        if high - low < 1e-3:
            low, high = max(0.0, low - 0.5), min(float(side), high + 0.5)
        corners.append((low, high))
    (left, right), (top, bottom) = corners
    return left, top, right, bottom


# ---- native is the reference


def native_is_the_reference(op: Any, image: Any, what: Any, isa: str, threads: int) -> None:
    with px.use_backend("reference"):
        expected = op(image)
    with px.use_backend("native"), px.use_isa(isa), px.num_threads(threads):
        assert_same(op(image), expected, what)


def check_resize(data: st.DataObject, image: Image) -> None:
    options: dict[str, Any] = {
        "interpolation": data.draw(st.sampled_from(INTERPOLATIONS)),
        "antialias": data.draw(st.booleans()),
        "box": data.draw(boxes(*image.shape[:2])),
    }
    if image.shape[2] in (2, 4):
        options["premultiply"] = data.draw(st.booleans()) and options["interpolation"] != "nearest"
    if data.draw(st.booleans()):
        image, options["layout"] = np.moveaxis(image, -1, 0), "CHW"
    size = data.draw(st.tuples(SIDES, SIDES))
    isa, threads = data.draw(st.sampled_from(ISAS)), data.draw(st.sampled_from([1, 2, 5]))
    native_is_the_reference(lambda one: px.resize(one, size, **options), image, (size, options), isa, threads)


def check_normalize(data: st.DataObject, image: Image) -> None:
    channels = image.shape[2]
    count = data.draw(st.sampled_from([1, channels]))
    mean = data.draw(st.lists(FINITE, min_size=count, max_size=count))
    std = data.draw(st.lists(st.floats(1e-3, 1e3), min_size=count, max_size=count))
    layout = data.draw(st.sampled_from(["HWC", "CHW"]))
    options: dict[str, Any] = {
        "scale": data.draw(st.none() | FINITE),
        "dtype": data.draw(st.sampled_from(["float32", "float16", "float64", "uint8"])),
        "layout": layout,
        "layout_out": data.draw(st.none() | st.sampled_from(["HWC", "CHW", "NHWC", "NCHW"])),
    }
    image = image if layout == "HWC" else np.moveaxis(image, -1, 0)
    isa, threads = data.draw(st.sampled_from(ISAS)), data.draw(st.sampled_from([1, 2, 5]))
    what = (mean, std, options)
    native_is_the_reference(lambda one: px.normalize(one, mean, std, **options), image, what, isa, threads)


@st.composite
def preprocessing(draw: st.DrawFn) -> dict[str, Any]:
    small = st.integers(1, 60)
    offset = st.integers(-30, 60)
    resize = draw(st.none() | small | st.tuples(small, small))
    box = st.builds(lambda x, y, w, h: (x, y, x + w, y + h), offset, offset, small, small)
    return {
        "resize": resize,
        "fit": draw(st.sampled_from(["shorter", "stretch"] if resize is None else ["shorter", "stretch", "pad"])),
        "crop": draw(st.none() | small | st.tuples(small, small) | box),
        "flip": draw(st.booleans()),
        "pad_value": draw(st.integers(0, 255)),
        "mean": draw(st.none() | st.floats(-1, 1)),
        "std": draw(st.none() | st.floats(0.1, 2)),
        "interpolation": draw(st.sampled_from(INTERPOLATIONS)),
        "antialias": draw(st.booleans()),
        "dtype": draw(st.sampled_from(["float32", "float16", "uint8"])),
        "layout_out": draw(st.sampled_from(["NCHW", "NHWC"])),
    }


def check_preprocess(data: st.DataObject, listed: list[Image]) -> None:
    options = data.draw(preprocessing())
    sizes = {px.preprocess(one[..., :0], return_transform=True, **options)[1].output_size for one in listed}
    given_images: Any = listed if len(sizes) == 1 else listed[0]
    isa, threads = data.draw(st.sampled_from(ISAS)), data.draw(st.sampled_from([1, 2, 5]))
    native_is_the_reference(lambda one: px.preprocess(one, **options), given_images, options, isa, threads)


LISTS = st.integers(0, 9).flatmap(
    lambda n: st.lists(images(dtypes=(DTYPES[n % 6],), channels=(1, 3, 4)[n % 3]), min_size=1, max_size=3)
)


@NATIVE
@effort(full=False)
@given(st.data(), images())
def test_resize_is_the_reference(data: st.DataObject, image: Image) -> None:
    check_resize(data, image)


@NATIVE
@effort(full=False)
@given(st.data(), images())
def test_normalize_is_the_reference(data: st.DataObject, image: Image) -> None:
    check_normalize(data, image)


@NATIVE
@effort(full=False)
@given(st.data(), LISTS)
def test_preprocess_is_the_reference(data: st.DataObject, listed: list[Image]) -> None:
    check_preprocess(data, listed)


@NATIVE
@pytest.mark.full
@effort(full=True)
@given(st.data(), images())
def test_resize_is_the_reference_at_length(data: st.DataObject, image: Image) -> None:
    check_resize(data, image)


@NATIVE
@pytest.mark.full
@effort(full=True)
@given(st.data(), images())
def test_normalize_is_the_reference_at_length(data: st.DataObject, image: Image) -> None:
    check_normalize(data, image)


@NATIVE
@pytest.mark.full
@effort(full=True)
@given(st.data(), LISTS)
def test_preprocess_is_the_reference_at_length(data: st.DataObject, listed: list[Image]) -> None:
    check_preprocess(data, listed)


# ---- resize is a mean

NUMBERS = images().filter(lambda image: bool(np.isfinite(image).all()))
INTEGER_IMAGES = images(dtypes=oracles.INTEGERS)


@effort(full=False)
@given(st.data(), NUMBERS, st.sampled_from(["bilinear", "area"]), st.tuples(SIDES, SIDES))
def test_weights_without_lobes_stay_between(
    data: st.DataObject, image: Image, interpolation: str, size: tuple[int, int]
) -> None:
    box = data.draw(boxes(*image.shape[:2]))
    result = px.resize(image, size, interpolation=interpolation, box=box).astype(np.float64)
    low, high = float(image.min()), float(image.max())
    slack = {"f2": 1e-3, "f4": 2e-6, "f8": 1e-14}.get(image.dtype.str[1:], 0.0) * max(abs(low), abs(high), 1e-7)
    assert result.min() >= low - slack
    assert result.max() <= high + slack


@effort(full=False)
@given(INTEGER_IMAGES, st.sampled_from(INTERPOLATIONS[:4]), st.tuples(SIDES, SIDES), st.booleans())
def test_the_resize_of_a_mirror_image(image: Image, interpolation: str, size: tuple[int, int], antialias: bool) -> None:
    options: dict[str, Any] = {"interpolation": interpolation, "antialias": antialias}
    plain = px.resize(image, size, **options).astype(np.int64)
    assert np.abs(px.resize(image[:, ::-1], size, **options)[:, ::-1] - plain).max() <= 1
    assert np.abs(px.resize(image[::-1], size, **options)[::-1] - plain).max() <= 1
    turned = px.resize(image.swapaxes(0, 1), size[::-1], **options).swapaxes(0, 1)
    assert np.abs(turned - plain).max() <= 1


@effort(full=False)
@given(INTEGER_IMAGES, st.sampled_from(INTERPOLATIONS), st.tuples(SIDES, SIDES), st.booleans())
def test_integers_are_within_one_level(
    image: Image, interpolation: str, size: tuple[int, int], antialias: bool
) -> None:
    have = px.resize(image, size, interpolation=interpolation, antialias=antialias)
    real = oracles.clipped(oracles.resize(image, size, interpolation, antialias), image.dtype)
    assert np.abs(have - real).max() <= 1


@effort(full=False)
@given(st.data(), images(dtypes=("uint8", "float32")), st.tuples(SIDES, SIDES))
def test_channels_and_rows_do_not_mix(data: st.DataObject, image: Image, size: tuple[int, int]) -> None:
    """A change of one channel changes that channel alone; the same call gives the same bytes again."""
    channel = data.draw(st.integers(0, image.shape[2] - 1))
    before = px.resize(image, size)
    assert_same(px.resize(image, size), before, "again")
    other = image.copy()
    other[..., channel] = 1
    after = px.resize(other, size)
    keep = [c for c in range(image.shape[2]) if c != channel]
    assert_same(after[..., keep], before[..., keep])
    assert (np.abs(after[..., channel] - 1.0) < 1e-5).all()


# ---- only the documented errors

ANYTHING: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 40),
    st.integers(2**31, 2**70),
    st.floats(),
    st.text(max_size=4),
    st.complex_numbers(),
    st.lists(st.integers(-3, 40) | st.floats() | st.booleans(), max_size=5),
    st.tuples(st.integers(-3, 40), st.integers(-3, 40)),
    st.tuples(*[st.floats(-3, 40)] * 4),
    st.sampled_from(["bilinear", "HWC", "CHW", "NHWC", "pad", "uint8", "float16", np.float32, object(), np.zeros(2)]),
)
#: Of a result that a machine can hold, or that none can.
SCALES = st.floats(-2, 4) | st.sampled_from([1e300, np.nan, np.inf, "1", None, (2, 0.5), (1, 2, 3), [1, -1], 2**70])
RESIZE = ["size", "scale", "interpolation", "antialias", "box", "premultiply", "layout", "out"]
NORMALIZE = ["mean", "std", "scale", "dtype", "layout", "layout_out", "out"]
PREPROCESS = [
    "resize",
    "fit",
    "crop",
    "flip",
    "mean",
    "std",
    "scale",
    "pad_value",
    "interpolation",
    "antialias",
    "dtype",
]
PREPROCESS += ["layout", "layout_out", "return_transform", "out"]


def arguments(names: list[str], **strategies: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.lists(st.sampled_from(names), max_size=4, unique=True).flatmap(
        lambda chosen: st.fixed_dictionaries({name: strategies.get(name, ANYTHING) for name in chosen})
    )


ARRAYS = st.one_of(
    images(),
    st.builds(
        lambda shape, dtype: np.zeros(shape, dtype),
        st.lists(st.integers(0, 6), max_size=5),
        st.sampled_from("?bHiqQefdgFOS"),
    ),
    ANYTHING,
)


def only_documented_errors(op: Any, *given_arguments: Any, **options: Any) -> None:
    try:
        op(*given_arguments, **options)
    except (TypeError, ValueError, MemoryError) as error:
        message = str(error)
    else:
        return
    assert message, "an error without a message"


@pytest.mark.filterwarnings("ignore")
@effort(full=False)
@given(ARRAYS, arguments(RESIZE, scale=SCALES))
def test_errors_of_resize(image: Any, options: dict[str, Any]) -> None:
    only_documented_errors(px.resize, image, options.pop("size", (3, 4)), **options)


@pytest.mark.filterwarnings("ignore")
@effort(full=False)
@given(ARRAYS, arguments(NORMALIZE))
def test_errors_of_normalize(image: Any, options: dict[str, Any]) -> None:
    only_documented_errors(px.normalize, image, options.pop("mean", 0), options.pop("std", 1), **options)


@pytest.mark.filterwarnings("ignore")
@effort(full=False)
@given(ARRAYS, arguments(PREPROCESS))
def test_errors_of_preprocess(image: Any, options: dict[str, Any]) -> None:
    only_documented_errors(px.preprocess, image, **options)
