"""The way from a public function to a backend: what was checked once is not checked again, and nobody can tell."""

from __future__ import annotations

import inspect
import random
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import pixlane as px
from pixlane import _args, _backend, reference

IMAGE = np.arange(12 * 10 * 3, dtype=np.uint8).reshape(12, 10, 3)

needs_native = pytest.mark.skipif(
    not px.info()["native"] or px.info()["backend"] != "native", reason="the native module does not work here"
)


def outcome(call: Callable[[], Any]) -> tuple[Any, ...]:
    """What a call gives, or how it fails."""
    try:
        result = call()
    except (TypeError, ValueError) as error:
        return type(error), str(error)
    return result.shape, result.dtype, result.tobytes()


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every name of an interpolation that Python checks, which is once for each call that goes the long way."""
    seen: list[Any] = []
    check = _args.interpolation

    def counted(value: Any) -> str:
        seen.append(value)
        return check(value)

    monkeypatch.setattr(_args, "interpolation", counted)
    return seen


@needs_native
def test_known_warps_are_not_checked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    check = _args.choice

    def counted(value: Any, accepted: Any, name: str) -> str:
        seen.append(value)
        return check(value, accepted, name)

    monkeypatch.setattr(_args, "choice", counted)
    image, matrix = np.arange(17 * 19 * 3, dtype=np.uint8).reshape(17, 19, 3), np.eye(3)
    calls: list[Callable[[], Any]] = [
        lambda: px.rotate(image, 17.25),
        lambda: px.rotate(image, 17, value=(1, 2, 3), border="constant"),
        lambda: px.affine(image, matrix[:2]),
        lambda: px.perspective(image, matrix, (5, 6)),
    ]
    for call in calls:
        first, checked = call(), len(seen)
        assert np.array_equal(call(), first) and len(seen) == checked and checked
    matrix[0, 2] = 1.0  # what an array holds is looked at, not which one it is
    assert np.array_equal(px.affine(image, matrix[:2])[:, 1:], image[:, :-1])
    checked = len(seen)
    px.rotate(image, 17.25, antialias=True)  # several calls of a backend
    px.rotate(image, 90)  # moved
    assert len(seen) == checked + 4


@needs_native
def test_known_maps_are_not_checked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    check = _args.choice

    def counted(value: Any, accepted: Any, name: str) -> str:
        seen.append(value)
        return check(value, accepted, name)

    monkeypatch.setattr(_args, "choice", counted)
    image = np.arange(11 * 13, dtype=np.uint8).reshape(11, 13)
    y, x = np.mgrid[0:9, 0:8].astype(np.float32)
    assert np.array_equal(px.remap(image, x, y), image[:9, :8])
    seen.clear()
    assert np.array_equal(px.remap(image, x + 1, y), image[:9, 1:9]) and not seen  # their pixels are looked at
    assert np.array_equal(px.remap(image, x, y + 2), image[2:, :8]) and not seen
    assert np.array_equal(px.remap(image, x[:, ::-1], y), image[:9, 7::-1]) and not seen  # and their strides
    out = np.zeros((9, 8), np.uint8)
    assert px.remap(image, x, y, out=out) is out and np.array_equal(out, image[:9, :8]) and not seen
    pool = np.zeros(9 * 8 * 4, np.uint8)
    shared = pool.view(np.float32).reshape(9, 8)
    shared[:] = y
    for maps in ((x, shared), (shared, y)):
        with pytest.raises(ValueError, match="out"):
            px.remap(image, *maps, out=pool[:72].reshape(9, 8))
    swapped, packed = x.astype(">f4"), np.zeros(9 * 8 * 4 + 1, np.uint8)[1:].view(np.float32).reshape(9, 8)
    packed[:] = y
    seen.clear()
    others: list[tuple[Any, Any]] = [(swapped, y), (x, packed), (x.astype(np.float64), y.astype(np.float64))]
    for pair in others:
        assert np.array_equal(px.remap(image, *pair), image[:9, :8]) and seen
        seen.clear()
    for pair in ((x[:8], y[:8]), (x[None], y[None]), (x, y[:, :7]), (x, y.astype(np.float64))):
        if pair[1].shape == (8, 8):
            assert np.array_equal(px.remap(image, *pair), image[:8, :8]) and seen
        else:
            with pytest.raises((TypeError, ValueError), match="map_"):
                px.remap(image, *pair)
        seen.clear()
    same = np.mgrid[0:8, 0:8].astype(np.float32)[0]  # one array for both, then two
    for _ in range(2):
        assert np.array_equal(px.remap(image, same, same), np.diag(image[:8, :8])[:, None].repeat(8, 1))
        assert np.array_equal(px.remap(image, same.T.copy(), same), image[:8, :8])


@needs_native
def test_known_kernels_are_not_checked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    check = _args.choice

    def counted(value: Any, accepted: Any, name: str) -> str:
        seen.append(name)
        return check(value, accepted, name)

    monkeypatch.setattr(_args, "choice", counted)
    image, kernel, line = np.full((17, 18, 3), 9, np.uint8), np.full((3, 3), 1 / 9), np.full(7, 1 / 7)
    calls: list[Callable[[], Any]] = [
        lambda: px.correlate(image, kernel),
        lambda: px.convolve(image, kernel.tolist(), border=("wrap", "edge")),
        lambda: px.convolve_separable(image, line, line[:3], dtype="float32"),
        lambda: px.laplacian(image),
    ]
    for call in calls:
        first, checked = call(), len(seen)
        assert np.array_equal(call(), first) and len(seen) == checked and checked
    kernel[1, 1] = 10 / 9  # what an array holds is looked at, not which one it is
    assert (px.correlate(image, kernel) == 18).all() and len(seen) == checked + 1
    assert (px.correlate(image, kernel.reshape(1, 9)) == 18).all() and len(seen) == checked + 2  # and its shape


@needs_native
def test_known_calls_are_not_checked_again(checks: list[Any]) -> None:
    image, size = np.zeros((21, 23, 3), np.uint8), (13, 11)
    first = px.resize(image, size)
    assert checks == ["bilinear"]
    second = px.resize(np.ones((21, 23, 3), np.uint8), (13, int("11")))  # another image, an equal size
    assert checks == ["bilinear"]
    assert second is not first and np.all(first == 0) and np.all(second == 1)
    out = np.zeros((13, 11, 3), np.uint8)
    assert px.resize(np.ones((21, 23, 3), np.uint8), size, out=out) is out and np.all(out == 1)
    view = np.ones((42, 23, 3), np.uint8)[::-2, ::-1]
    assert np.all(px.resize(view, size) == 1)
    assert checks == ["bilinear"]
    transform = px.Preprocess(resize=8, crop=7)
    assert np.all(transform(image) == 0)
    checks.clear()
    assert np.all(transform(np.full_like(image, 255)) == 1)
    assert checks == []


@needs_native
@pytest.mark.parametrize(
    "call",
    [
        lambda image: px.resize(image, (13, 12)),
        lambda image: px.resize(image, (13, 11), antialias=False),
        lambda image: px.resize(image, (13, 11), layout="HWC"),
        lambda image: px.resize(image, (13, 11), box=(0, 0, 20, 20)),
        lambda image: px.resize(image.astype(np.uint16), (13, 11)),
        lambda image: px.resize(image[1:], (13, 11)),
        lambda image: px.resize(image[:, :, 0], (13, 11)),
        lambda image: px.resize(image[None], (13, 11)),
        lambda image: px.resize([image][0].astype(">u2"), (13, 11)),
        lambda image: px.resize(image.view(type("Sub", (np.ndarray,), {})), (13, 11)),
        lambda image: px.resize(image, [13, 11]),
        lambda image: px.resize(image, (np.int64(13), 11)),
    ],
)
def test_other_calls_are_checked(checks: list[Any], call: Callable[[Any], Any]) -> None:
    image = np.zeros((21, 23, 3), np.uint8)
    px.resize(image, (13, 11))
    checks.clear()
    call(image)
    assert len(checks) == 1


def test_equal_is_not_the_same() -> None:
    """1, 1.0 and True are equal, and not all of them are a side or a flag."""
    image = np.zeros((9, 9, 3), np.uint8)
    for _ in range(2):
        px.resize(image, (1, 1), antialias=True)
        px.normalize(image, (0.0,), (1.0,), scale=1.0)
    with pytest.raises(TypeError, match="antialias"):
        px.resize(image, (1, 1), antialias=1)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"size\[0\]"):
        px.resize(image, (True, 1))
    with pytest.raises(TypeError, match=r"size\[1\]"):
        px.resize(image, (1, 1.0))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="mean"):
        px.normalize(image, (False,), (1.0,), scale=1.0)
    with pytest.raises(TypeError, match="scale"):
        px.normalize(image, (0.0,), (1.0,), scale=True)


def test_signed_zeros() -> None:
    """-mean / std is a zero with a sign, which shows in the sum with another zero."""
    image = np.full((2, 3), -0.0, np.float32)
    for mean in (0.0, -0.0, 0.0):
        result = px.normalize(image, (mean,), (1.0,))
        assert np.all(np.signbit(result) == (mean == 0 and not np.signbit(mean)))


def test_what_can_change_is_looked_at_again() -> None:
    image = np.zeros((4, 5, 3), np.uint8)
    mean, std = [0.0, 0.0, 0.0], np.ones(3)
    for value in (1.0, 2.0, 3.0):
        mean[0] = value
        std[1] = value
        result = px.normalize(image, mean, std)
        assert np.all(result[..., 0] == -value)
        mean[1] = value
        assert np.all(px.normalize(image, mean, std)[..., 1] == -1)
    size = [2, 2]
    assert px.resize(image, size).shape == (2, 2, 3)
    size[0] = 3
    assert px.resize(image, size).shape == (3, 2, 3)


def misaligned(shape: tuple[int, ...], dtype: Any) -> Any:
    count = int(np.prod(shape))
    return np.zeros(count * np.dtype(dtype).itemsize + 1, np.uint8)[1:].view(dtype).reshape(shape)


def read_only(array: Any) -> Any:
    array.flags.writeable = False
    return array


@pytest.mark.parametrize(
    ("out", "error", "message"),
    [
        (np.zeros((6, 5, 3), np.uint8), TypeError, "dtype"),
        (np.zeros((6, 5, 3), ">u2"), TypeError, "dtype"),
        (np.zeros((5, 6, 3), np.uint16), ValueError, "shape"),
        (np.zeros((6, 5), np.uint16), ValueError, "shape"),
        (read_only(np.zeros((6, 5, 3), np.uint16)), ValueError, "read-only"),
        (misaligned((6, 5, 3), np.uint16), ValueError, "misaligned"),
        (np.lib.stride_tricks.as_strided(np.zeros(900, np.uint16), (6, 5, 3), (2, 2, 2)), ValueError, "share memory"),
        (np.ma.zeros((6, 5, 3), np.uint16), TypeError, "masked"),
        ([1], TypeError, "numpy.ndarray"),
    ],
)
def test_out_is_checked_each_time(out: Any, error: type[Exception], message: str) -> None:
    image = IMAGE.astype(np.uint16)
    for _ in range(2):
        px.resize(image, (6, 5), out=np.zeros((6, 5, 3), np.uint16))
    with pytest.raises(error, match=message):
        px.resize(image, (6, 5), out=out)


def test_overlap_is_checked_each_time() -> None:
    memory = np.zeros(4096, np.uint8)
    image = memory[:300].reshape(10, 10, 3)
    for shift in range(0, 500, 25):
        out = memory[shift : shift + 75].reshape(5, 5, 3)
        for image_view in (image, image[::-1], image[:, ::-1]):
            if shift >= 300:
                assert px.resize(image_view, (5, 5), out=out) is out
            else:
                with pytest.raises(ValueError, match="overlaps"):
                    px.resize(image_view, (5, 5), out=out)
    whole = np.zeros((6, 5), np.float32)
    assert px.normalize(whole, 1.0, 1.0, out=np.zeros_like(whole)) is not whole
    assert px.normalize(whole, 1.0, 1.0, out=whole) is whole and np.all(whole == -1)


def test_misaligned_images_stay_right() -> None:
    straight = np.arange(120, dtype=np.uint16).reshape(8, 5, 3)
    crooked = misaligned((8, 5, 3), np.uint16)
    crooked[...] = straight
    for _ in range(2):
        expected = px.resize(straight, (3, 3))
        np.testing.assert_array_equal(px.resize(crooked, (3, 3)), expected)


@needs_native
def test_the_backend_is_chosen_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    for _ in range(2):
        px.resize(IMAGE, (6, 5))
    monkeypatch.setattr(reference, "resize", lambda *_: calls.append("reference"))
    with px.use_backend("reference"):
        px.resize(IMAGE, (6, 5))
    assert calls == ["reference"]
    px.resize(IMAGE, (6, 5))
    assert calls == ["reference"]
    token = _backend.host.set(_backend.Refusal("not here"))
    try:
        with pytest.raises(TypeError, match="not here"):
            px.resize(IMAGE, (6, 5))
    finally:
        _backend.host.reset(token)


@needs_native
def test_errors_of_the_op_come_through(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(2):
        px.resize(IMAGE, (6, 5))
    isa = px.config._isa.set("another-machine")
    try:
        for _ in range(2):
            with pytest.raises(ValueError, match="another-machine"):
                px.resize(IMAGE, (6, 5))
    finally:
        px.config._isa.reset(isa)
    assert px.resize(IMAGE, (6, 5)).shape == (6, 5, 3)


@needs_native
@pytest.mark.sample
def test_nobody_can_tell() -> None:
    """Calls in any order, right and wrong, are as they are on the reference, which goes the long way each time."""
    images = [IMAGE, IMAGE[:, :, 0], IMAGE.astype(np.float32), IMAGE[::-1], IMAGE.astype(np.int32), IMAGE[:0]]
    sizes = [(6, 5), (6, 5.0), (6, True), (0, 5), (6,), [6, 5], (24, 3), 6, None]
    flags = [True, False, 1, 0, None, np.True_]
    boxes = [None, (0, 0, 5, 5), (0.0, 0.0, 5.0, 5.0), (0, 0, 50, 5), (False, 0, 5, 5)]
    means = [0.5, (0.5, 0.5, 0.5), (0.5,), 1, True, (1, 1, 1), [0.5]]
    choice = random.Random(7).choice

    def one() -> Callable[[], Any]:
        image = choice(images)
        if choice((True, False)):
            options: dict[str, Any] = {
                "size": choice(sizes[:1] * 6 + sizes),
                "interpolation": choice(["bilinear", "nearest", "nearest", "Nearest"]),
                "antialias": choice(flags[:2] * 3 + flags),
                "box": choice(boxes[:3] * 2 + boxes),
                "out": choice([None, None, np.zeros((6, 5, 3), np.uint8)]),
            }
            return lambda: px.resize(image, **options)
        options = {
            "mean": choice(means),
            "std": choice([0.5, (0.5, 0.25, 0.5), 1, 1.0, 0.0]),
            "layout_out": choice([None, "CHW", "HWC", "XYZ"]),
            "scale": choice([None, 1, 1.0, True, -0.0]),
        }
        return lambda: px.normalize(image, **options)

    for _ in range(1500):
        call = one()
        got = outcome(call)
        with px.use_backend("reference"):
            expected = outcome(call)
        assert got == expected


@needs_native
def test_more_calls_than_are_kept_and_many_threads() -> None:
    """Each thread makes calls that push out those of the others."""
    images = {side: np.full((side, side, 3), side, np.uint8) for side in range(4, 104)}
    failures: list[str] = []

    def work(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(1500):
            side = chance.randrange(4, 104)
            result = px.resize(images[side], (side // 2, 3))
            if result.shape != (side // 2, 3, 3) or not np.all(result == side):
                failures.append(f"{side}: {result.shape}")

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


@needs_native
@pytest.mark.parametrize("op", ["resize", "normalize", "preprocess"])
def test_native_ops_tell_their_signature(op: str) -> None:
    have = list(inspect.signature(getattr(_backend.native, op)).parameters)
    assert have == list(inspect.signature(getattr(reference, op)).parameters)


@needs_native
@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((), TypeError, "takes 7 arguments, got 0"),
        (([], IMAGE, "HWC", "nearest", True, None, False), TypeError, "src must be a NumPy array, got list"),
        ((IMAGE, None, "HWC", "nearest", True, None, False), TypeError, "dst must be a NumPy array, got NoneType"),
        ((IMAGE, IMAGE, 3, "nearest", True, None, False), TypeError, "layout must be a str, got int"),
        ((IMAGE, IMAGE, "HW", "nearest", True, None, False), ValueError, "image has 3 axes"),
        ((IMAGE, IMAGE, "HWX", "nearest", True, None, False), ValueError, "unknown layout"),
        ((IMAGE, IMAGE, "HWC", "spline", True, None, False), ValueError, "unknown interpolation"),
        ((IMAGE, IMAGE, "HWC", "nearest", 1, None, False), TypeError, "antialias must be a bool, got int"),
        ((IMAGE, IMAGE, "HWC", "nearest", True, 5, False), TypeError, "box must be a tuple, got int"),
        ((IMAGE, IMAGE, "HWC", "nearest", True, (1, 2), False), ValueError, "box must have 4 items"),
        ((IMAGE, IMAGE, "HWC", "nearest", True, (1, 2, 3, "4"), False), TypeError, "real number"),
        ((IMAGE, IMAGE, "HWC", "nearest", True, None, False), ValueError, "out overlaps image"),
    ],
)
def test_native_ops_check_their_arguments(arguments: tuple[Any, ...], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        _backend.native.resize(*arguments)  # type: ignore[union-attr]


@needs_native
def test_calls_that_differ_in_their_border_value(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call is remembered with the pixel that it puts around an image, an array that nobody writes to."""
    from pixlane import moves

    seen: list[Any] = []
    make = moves.border_pixel

    def counted(value: Any, *more: Any) -> Any:
        seen.append(value)
        return make(value, *more)

    monkeypatch.setattr(moves, "border_pixel", counted)
    image = np.full((2, 37), 7, np.uint8)
    for value in (1, 200, 1, 1.0, (200,), 1, (200,)):
        padded = px.pad(image, 1, value=value)
        level = np.ravel(value)[0]
        assert np.array_equal(padded, np.pad(image, 1, constant_values=int(level)))
        flat = np.full((5, 5), level, np.uint8)
        assert (px.pyramid_down(flat, border="constant", value=value) == level).all()
    assert seen == [1, 200, 1.0, (200,)]
    assert [type(value) for value in seen] == [int, int, float, tuple]


@needs_native
def test_moves_are_not_checked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    from pixlane import _array

    seen: list[str] = []
    check = _array.source
    monkeypatch.setattr(_array, "source", lambda *given, **more: (seen.append("source"), check(*given, **more))[1])
    image = np.arange(41 * 43 * 3, dtype=np.int64).reshape(41, 43, 3)
    for _ in range(3):
        assert np.array_equal(px.flip(image, "both"), image[::-1, ::-1])
        assert np.array_equal(px.rot90(image, 3), np.rot90(image, 3))
        assert np.array_equal(px.transpose(image, "CHW"), np.moveaxis(image, 2, 0))
        assert np.array_equal(px.crop(image, (1, 2, 30, 40), copy=True), image[2:40, 1:30])
    assert len(seen) == 4
