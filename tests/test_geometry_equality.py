"""One answer for what moves pixels: instruction sets, threads and memory give the bytes of the reference."""

from __future__ import annotations

import functools
import itertools
import os
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from guard_pages import VIEWS, Guarded, assert_nothing_strays, looks_itself
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from oracles import CHANNELS, DTYPES, MEMORY, WIDTHS, assert_same, random_image
from warp_oracles import BORDERS, INTERPOLATIONS
from ways import WAYS, way

import pixlane as px

pytestmark = pytest.mark.skipif(not px.info()["native"], reason="the native module is not here")

ISAS: list[str] = px.info()["isa_available"]
THREADS = (1, 2, 3, 7)
Image = NDArray[Any]
Op = Callable[[Image], Image]


def assert_one_answer(op: Op, image: Image, what: object) -> Image:
    """The bytes of the reference on every instruction set; gives them."""
    with px.use_backend("reference"):
        expected = op(image)
    for name in WAYS:
        with way(name):
            assert_same(op(image), expected, (name, what))
    return expected


def noise(rng: np.random.Generator, shape: tuple[int, ...], dtype: str) -> Image:
    """Random pixels; floats of both signs, with a NaN, an infinity or a negative zero now and then."""
    image = random_image(rng, shape, dtype)
    if image.dtype.kind == "f" and image.size:
        image = (image - image.dtype.type(0.4)) * image.dtype.type(rng.choice([1, 300]))
        if rng.random() < 0.3:
            image.flat[rng.integers(image.size, size=3)] = rng.choice([np.nan, np.inf, -np.inf, -0.0], 3)
    return image


def options_of(rng: np.random.Generator, channels: int) -> dict[str, Any]:
    options: dict[str, Any] = {"border": BORDERS[rng.integers(5)]}
    if rng.random() < 0.5:
        options["value"] = tuple(rng.integers(0, 200, channels).tolist())
    if channels in (2, 4) and rng.random() < 0.4:
        options["premultiply"] = True
    return options


def matrix_of(rng: np.random.Generator, projective: bool) -> Any:
    """From a slight turn to a wild map, from the result to the image."""
    kind = rng.integers(5)
    scale = (0.02, 0.3, 1.0, 3.0, 0.0)[kind]
    matrix = np.eye(3)
    matrix[:2, :2] += rng.normal(0, scale, (2, 2))
    matrix[:2, 2] = rng.normal(0, 10, 2)
    if kind == 4:  # halves and quarters: ties and whole pixels
        matrix[:2] = np.round(matrix[:2] * 4) / 4
    if projective:
        matrix[2, :2] = rng.normal(0, 0.01, 2)
    return matrix


@pytest.mark.sample
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_warps_of_every_width(rng: np.random.Generator, interpolation: str, dtype: str) -> None:
    for turn, width in enumerate(WIDTHS):
        channels = CHANNELS[turn % 6]
        shape = (int(rng.integers(1, 30)), int(rng.integers(1, 80)), channels)
        options = {"interpolation": interpolation, "inverse": True, **options_of(rng, channels)}
        matrix = matrix_of(rng, projective=turn % 3 == 0)
        size = (5, width)

        def op(image: Image, matrix: Any = matrix, size: Any = size, options: Any = options) -> Image:
            return px.perspective(image, matrix, size, **options)

        assert_one_answer(op, noise(rng, shape, dtype), (matrix.tolist(), shape, size, options))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_large_warps(rng: np.random.Generator, interpolation: str, dtype: str) -> None:
    """Most of the points inside, so that whole runs are."""
    for turn, channels in enumerate((1, 3, 4, 2, 5)):
        image = noise(rng, (90, 200, channels), dtype)
        options = {"interpolation": interpolation, **options_of(rng, channels)}
        angle = (0.3, 15, 45, 89.5, -170)[turn]
        assert_one_answer(lambda image, a=angle, o=options: px.rotate(image, a, **o), image, (angle, options))
        planar = np.ascontiguousarray(np.moveaxis(image, -1, 0))
        op = lambda image, a=angle, o=options: px.rotate(image, a, zoom=1.5, layout="CHW", **o)  # noqa: E731
        assert_one_answer(op, planar, ("CHW", angle, options))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic", "lanczos"])
def test_sums_of_any_channels(rng: np.random.Generator, interpolation: str, dtype: str) -> None:
    """Runs that are inside, outside and across a border by turns, and fractions of zero along either axis."""
    for channels in range(1, 10):
        image = noise(rng, (19, 41, channels), dtype)
        options = {"interpolation": interpolation, **options_of(rng, channels)}
        y, x = np.mgrid[0:3, 0:150].astype(np.float64)
        x, y = x % 57 - 8 + 0.3 * (y == 0), y + 7.75 + 13 * np.sin(x / 9) * (y == 2)
        x[:, ::11], y[:, ::7] = np.round(x[:, ::11]), np.round(y[:, ::7])
        assert_one_answer(lambda image, x=x, y=y, o=options: px.remap(image, x, y, **o), image, (channels, options))
        wide = np.zeros((19, 82, channels + 2), image.dtype)
        view = wide[:, 1::2, 1:-1]
        view[...] = image
        with px.use_backend("native"):
            assert_same(px.remap(view, x, y, **options), px.remap(image, x, y, **options), (channels, "view"))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_maps(rng: np.random.Generator, interpolation: str, dtype: str) -> None:
    for turn, kind in enumerate(("float32", "float64", "int32", "float32")):
        image = noise(rng, (40, 60, CHANNELS[turn + 1]), dtype)
        size = (17, (130, 64, 7, 65)[turn])
        x, y = rng.uniform(-10, 70, size), rng.uniform(-10, 50, size)
        if kind == "int32":
            x, y = px.matrix.compact_map(x, y)
        else:
            x, y = x.astype(kind), y.astype(kind)
            x.flat[:9] = [np.nan, np.inf, -np.inf, 1e30, -1e30, -0.0, 2.0**-30, -(2.0**-40), 0.5]
            y.flat[-2:] = [np.nan, 2.0**31]
        options = {"interpolation": interpolation, **options_of(rng, image.shape[2]), "relative": turn == 3}
        assert_one_answer(lambda image, x=x, y=y, o=options: px.remap(image, x, y, **o), image, (kind, options))
        assert_one_answer(lambda image, x=x, y=y, o=options: px.remap(image, x[:, ::-2], y[:, ::-2], **o), image, kind)


def test_elastic(rng: np.random.Generator) -> None:
    for width in (1, 2, 15, 16, 17, 33, 100):
        image = noise(rng, (41, width, 3), "uint8")
        for alpha, sigma in ((5, 0), (40, 3.3), (-100, 12)):
            for seed in (0, 2**64 - 1):
                op = lambda image, a=alpha, s=sigma, n=seed: px.elastic(image, a, s, seed=n)  # noqa: E731
                assert_one_answer(op, image, (width, alpha, sigma, seed))


@pytest.mark.parametrize("dtype", DTYPES)
def test_pyramids(rng: np.random.Generator, dtype: str) -> None:
    for turn, width in enumerate((*range(1, 68), 129, 300)):
        image = noise(rng, (int(rng.integers(1, 40)), width, CHANNELS[turn % 6]), dtype)
        border = BORDERS[turn % 5]
        assert_one_answer(lambda image, b=border: px.pyramid_down(image, border=b, value=3), image, (width, border))
        assert_one_answer(px.pyramid_up, image, width)


@pytest.mark.parametrize("threads", THREADS)
def test_threads(rng: np.random.Generator, threads: int) -> None:
    image = noise(rng, (700, 900, 3), "uint8")
    x, y = rng.uniform(-10, 910, (2, 500, 600)).astype(np.float32)
    ops: list[Op] = [
        lambda image: px.rotate(image, 33),
        lambda image: px.rotate(image, 33, interpolation="nearest", expand=True),
        lambda image: px.perspective(image, [[1, 0.1, 0], [0, 1, 0], [1e-4, 0, 1]], interpolation="bicubic"),
        lambda image: px.remap(image, x, y),
        lambda image: px.elastic(image, 200, 8, seed=3),
        lambda image: px.flip(image, "both"),
        px.rot90,
        lambda image: px.transpose(image, "CHW"),
        lambda image: px.pad(image, 200, border="reflect"),
        px.pyramid_down,
        px.pyramid_up,
        lambda image: px.affine(np.stack([image, image[::-1]]), [[[1, 0, 0.5], [0, 1, 0]], [[1, 0.2, 0], [0, 1, 0]]]),
    ]
    for number, op in enumerate(ops):
        with px.num_threads(1):
            expected = op(image)
        with px.num_threads(threads):
            assert_same(op(image), expected, number)


# ---- anything


SIDES = st.integers(1, 90) | st.sampled_from([1, 2, 63, 64, 65, 127, 128, 129])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_any_warp(data: st.DataObject) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    channels = data.draw(st.sampled_from([1, 2, 3, 4, 5]))
    image = noise(rng, (data.draw(SIDES), data.draw(SIDES), channels), data.draw(st.sampled_from(DTYPES)))
    image = MEMORY[data.draw(st.sampled_from(list(MEMORY)))](image)
    size = (data.draw(SIDES), data.draw(SIDES))
    number = st.floats(-3, 3) | st.sampled_from([0.0, 1.0, -1.0, 0.5, 1e-9, 1e6])
    rows = [[data.draw(number), data.draw(number), data.draw(number | st.floats(-200, 200))] for _ in range(2)]
    last = data.draw(st.sampled_from([[0, 0, 1], [0.001, -0.002, 1], [0.1, 0, -1], [0, 0, 2]]))
    options = {
        "interpolation": data.draw(st.sampled_from(INTERPOLATIONS)),
        "border": data.draw(st.sampled_from(BORDERS)),
        "value": data.draw(st.integers(0, 255)),
        "premultiply": channels in (2, 4) and data.draw(st.booleans()),
    }
    isa, threads = data.draw(st.sampled_from(WAYS)), data.draw(st.sampled_from([1, 2, 5]))

    def op() -> Any:
        try:
            return px.perspective(image, [*rows, last], size, inverse=True, **options)
        except ValueError as error:
            return str(error)

    with px.use_backend("reference"):
        expected = op()
    with way(isa), px.num_threads(threads):
        have = op()
    if isinstance(expected, str):
        assert "singular" in expected or "2**-20" in expected
        assert have == expected
    else:
        assert_same(have, expected)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_any_move(data: st.DataObject) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    shape = (data.draw(SIDES), data.draw(SIDES), data.draw(st.sampled_from([1, 2, 3, 4, 5, 9])))
    image = random_image(rng, shape, data.draw(st.sampled_from([*DTYPES, "bool", "uint64"])))
    image = MEMORY[data.draw(st.sampled_from(list(MEMORY)))](image)
    ops: list[Callable[[], Image]] = [
        lambda: px.flip(image, ("horizontal", "vertical", "both")[shape[0] % 3]),
        lambda: px.rot90(image, shape[1] % 4),
        lambda: px.transpose(image, ("CHW", "NCHW", "NHWC")[shape[0] % 3]),
        lambda: px.pad(image, tuple(int(k) for k in rng.integers(0, 99, 4)), border=BORDERS[shape[1] % 5]),
    ]
    op = ops[data.draw(st.integers(0, 3))]
    isa, threads = data.draw(st.sampled_from(WAYS)), data.draw(st.sampled_from([1, 2, 5]))
    state = rng.bit_generator.state
    with px.use_backend("reference"):
        expected = op()
    rng.bit_generator.state = state
    with way(isa), px.num_threads(threads):
        assert_same(op(), expected)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_there_and_back(data: st.DataObject) -> None:
    """Turns and shifts by whole pixels lose nothing that stays inside; two flips and four turns are nothing at all."""
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    height, width = data.draw(SIDES), data.draw(SIDES)
    image = noise(rng, (height, width, 3), data.draw(st.sampled_from(DTYPES)))
    assert_same(px.flip(px.flip(image)), image)
    assert_same(px.rot90(px.rot90(image, 3)), image)
    assert_same(px.transpose(px.transpose(image, "CHW"), "HWC", layout="CHW"), image)
    assert_same(px.crop(px.pad(image, (3, 1, 4, 1)), (3, 1, 3 + width, 1 + height), copy=True), image)
    x, y = data.draw(st.integers(-100, 100)), data.draw(st.integers(-100, 100))
    interpolation = data.draw(st.sampled_from(INTERPOLATIONS))
    moved = px.affine(image, px.matrix.translation(x, y), interpolation=interpolation, border="wrap")
    assert_same(moved, np.roll(image, (y, x), (0, 1)))


def test_every_layout_and_memory(rng: np.random.Generator) -> None:
    image = noise(rng, (23, 70, 4), "uint8")
    expected = px.rotate(image, 20, border="reflect")
    premultiplied = px.rotate(image, 20, premultiply=True)
    for name, out_name in itertools.product(MEMORY, MEMORY):
        view, out = MEMORY[name](image), MEMORY[out_name](np.zeros_like(image))
        px.rotate(view, 20, border="reflect", out=out)
        np.testing.assert_array_equal(out, expected)
        px.rotate(view, 20, premultiply=True, out=out)
        np.testing.assert_array_equal(out, premultiplied)


def awkward(rng: np.random.Generator, shape: tuple[int, int], dtype: str) -> Image:
    """Coordinates at and beside ties of every fraction, tiny, huge, and none at all."""
    steps = rng.integers(-3, 4, shape).astype(dtype)
    unit = np.dtype(dtype).type(2.0) ** -rng.choice([0, 1, 12, 13, 14, 15, 24, 25, 32, 33, 60], shape).astype(dtype)
    near = np.rint(rng.uniform(-2, 60, shape)).astype(dtype)
    points = np.choose(
        rng.integers(0, 5, shape),
        [near + steps * unit, steps * unit, near, rng.uniform(-3, 60, shape).astype(dtype), -unit * (1 + steps * unit)],
    ).astype(dtype)
    beside = np.nextafter(points, rng.choice([-np.inf, np.inf], shape).astype(dtype))
    points = np.where(rng.random(shape) < 0.3, beside, points)
    large = np.array([2.0**22 + 0.5, -(2.0**23) - 1, 2.0**29, -(2.0**30), 2.0**31, 1e30, np.inf, -np.inf, np.nan])
    return np.where(rng.random(shape) < 0.02, rng.choice(large, shape), points).astype(dtype)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float64"])
@pytest.mark.parametrize("maps", ["float32", "float64", "int32"])
def test_rounding_of_maps(rng: np.random.Generator, dtype: str, maps: str) -> None:
    image = noise(rng, (50, 60), dtype)
    for turn, width in enumerate((1, 15, 64, 130)):
        if maps == "int32":
            x, y = (rng.integers(-(2**16), 60 << 14, (40, width), np.int32) for _ in range(2))
            x[::7], y[3::9] = rng.choice([-(2**31), 2**31 - 1, 0, 2, 6, 10, 8191, 8192, -1], 2)[:, None]
        else:
            x, y = awkward(rng, (40, width), maps), awkward(rng, (40, width), maps)
        for interpolation, border in itertools.product(INTERPOLATIONS, ("constant", "wrap")):
            op = functools.partial(px.remap, map_x=x, map_y=y, relative=turn == 1, border=border, value=7)
            assert_one_answer(functools.partial(op, interpolation=interpolation), image, (width, interpolation, border))


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
def test_divisors_of_perspective(rng: np.random.Generator, interpolation: str) -> None:
    """A reciprocal that is off by its last place takes another pixel, or another fraction, here."""
    image = noise(rng, (40, 70), "uint16")
    significands = [2.0 - 2.0**-52, 2.0 - 2.0**-51, 1.0, 1.0 + 2.0**-52, *rng.uniform(1, 2, 60).tolist()]
    unit = 1.0 if interpolation == "nearest" else 2.0**-24
    for significand, power in zip(significands, itertools.cycle((0, -1, 3, -330, 330)), strict=False):
        divisor = float(np.ldexp(significand, power)) * float(rng.choice([-1.0, 1.0]))
        reciprocal = 1.0 / divisor
        tie = (float(rng.integers(0, 60)) + rng.integers(0, 2**24) * 2.0**-24 * (unit < 1.0)) + unit / 2
        beside = tie / reciprocal
        for toward in (-np.inf, np.inf):  # the first number on either side of the tie
            while (beside * reciprocal < tie) == (toward > 0):
                beside = float(np.nextafter(beside, toward * divisor))
            last = float(np.nextafter(beside, -toward * divisor))
            for point in (beside, last):
                matrix = np.array([[0.0, divisor / 8, point], [divisor, 0.0, 0.0], [0.0, 0.0, divisor]])
                op = functools.partial(px.perspective, matrix=matrix, size=(3, 70), inverse=True)
                assert_one_answer(functools.partial(op, interpolation=interpolation), image, (divisor, point))


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
def test_projective_points_near_and_far(rng: np.random.Generator, interpolation: str) -> None:
    """From tiles whose points are all within 2^26 to those that reach the horizon."""
    image = noise(rng, (90, 150), "uint8")
    for reach in (10.0, 2.0**20, 2.0**25, 2.0**26, 2.0**27, 2.0**31, 2.0**60, 1e300):
        for bend in (1e-4, 0.004, 0.0132, 0.02):
            matrix = np.array([[1.0, 0.1, -3.25], [-0.1, 1.0, 5.5], [bend, -bend / 3, -1.0]])
            matrix[0, 2] -= reach
            op = functools.partial(px.perspective, matrix=matrix, inverse=True, interpolation=interpolation)
            for border in BORDERS:
                assert_one_answer(functools.partial(op, border=border), image, (reach, bend, border))


@pytest.mark.skipif("libasan" in os.environ.get("LD_PRELOAD", ""), reason="the sanitizer marks every byte of 3 GiB")
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
def test_pixels_gigabytes_apart(rng: np.random.Generator, interpolation: str, channels: int) -> None:
    """32 bits do not tell where they lie."""
    pixels = noise(rng, (10, 70, channels), "uint8")
    try:
        memory = np.zeros((10, 1 << 28), np.uint8)  # of which hardly any is touched
    except MemoryError:
        pytest.skip("the address space is too small")
    apart = np.lib.stride_tricks.as_strided(memory, pixels.shape, (1 << 28, channels, 1))
    apart[...] = pixels
    turned = functools.partial(px.rotate, angle=12.0, interpolation=interpolation, border="edge")
    for isa in ISAS:
        with px.use_isa(isa):
            assert_same(turned(apart), turned(pixels), isa)
            assert_same(turned(apart[::-1, ::-1]), turned(pixels[::-1, ::-1].copy()), isa)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_spans_of_nearest(rng: np.random.Generator, dtype: str) -> None:
    """Runs that leave the image and come back, points that are no numbers, the last column, which is moved alone."""
    for channels, border in itertools.product(range(1, 9), BORDERS):
        image = noise(rng, (9, 40, channels), dtype)
        x = rng.integers(-2, 42, (6, 150)).astype("f4")
        x[1] = np.abs(np.arange(150) % 90 - 45)
        x[2] = 39
        x[3, ::5] = np.nan
        y = rng.integers(-1, 10, (6, 150)).astype("f4")
        y[1:3] = 4
        for view in (image, image[:, ::-1], image[::-1], np.repeat(image, 2, 1)[:, ::2]):
            op = functools.partial(px.remap, map_x=x, map_y=y, interpolation="nearest", border=border)
            assert_one_answer(op, view, (channels, border))


#: Samples of one, two and four bytes, which whole runs take from rows.
BY_ROWS = ["uint8", "uint16", "int16", "float16", "float32"]


@pytest.mark.parametrize("dtype", BY_ROWS)
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
def test_samples_by_rows(rng: np.random.Generator, interpolation: str, dtype: str) -> None:
    image = noise(rng, (150, 200), dtype)
    spread = image[::-1, :].repeat(2, 0)[::2]  # rows apart, in the other order
    for angle in (0, 0.7, 8, 15, 30, 45, 60, 88, 90.5, 133, 180.25, 271):
        for zoom in (0.21, 0.9, 1.0, 1.7, 5.0):
            what = (angle, zoom)
            turned = functools.partial(px.rotate, angle=angle, zoom=zoom, interpolation=interpolation)
            expected = assert_one_answer(turned, image, what)
            if zoom == 1.0:
                assert_one_answer(turned, spread, what)
                assert_one_answer(turned, image[:140, 3:180], what)
                out = np.zeros((150, 400), dtype)
                turned(image, out=out[:, ::2])
                assert_same(out[:, ::2].copy(), expected, what)
    x, y = np.meshgrid(np.arange(200.0), np.arange(150.0))
    for strength in (0.3, 3.0, 40.0):
        across, down = x + strength * np.sin(y / 9), y + strength * np.cos(x / 7)
        for width in (200, 186, 131, 33):  # whole runs and parts of one
            maps = {"map_x": across[:, -width:], "map_y": down[:, -width:].astype("f8" if width > 150 else "f4")}
            maps["map_x"] = maps["map_x"].astype(maps["map_y"].dtype)
            bent = functools.partial(px.remap, **maps, interpolation=interpolation)
            assert_one_answer(bent, image, (strength, width))


@pytest.mark.sample
@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("dtype", BY_ROWS)
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
def test_samples_by_rows_across_borders(rng: np.random.Generator, interpolation: str, dtype: str, border: str) -> None:
    """Images lower or narrower than what is read at once, and points around all of their sides."""
    options: dict[str, Any] = {"interpolation": interpolation, "border": border, "value": 77}
    for shape in ((1, 1), (1, 90), (3, 70), (5, 31), (7, 64), (9, 33), (31, 32), (40, 129), (70, 31), (170, 65)):
        image = noise(rng, shape, dtype)
        for angle in (0.4, 17, 41, 89, 178.8):
            width = int(rng.choice((5, 17, 63, 64, 65, 100, 141)))
            turn = px.matrix.rotation(angle + rng.normal(), (shape[1] / 2, shape[0] / 2)) @ px.matrix.translation(
                (shape[1] - width) / 2, -8
            )
            op = functools.partial(px.affine, matrix=turn, size=(shape[0] + 16, width), **options)
            assert_one_answer(op, image, (shape, angle, width))
        x = rng.uniform(-4, shape[1] + 4, 23)[:, None] + rng.uniform(0, 30, (23, 70)) - 15
        y = rng.uniform(-4, shape[0] + 4, 23)[:, None] + rng.uniform(0, 20, (23, 70)) - 10
        for maps in (
            (x, y),
            (x.astype("f4")[:, ::2], y.astype("f4")[:, ::2]),
            (x[:, :40], np.where(y < 3, np.nan, y)[:, :40]),
        ):
            assert_one_answer(functools.partial(px.remap, map_x=maps[0], map_y=maps[1], **options), image, shape)


@pytest.mark.parametrize("dtype", ["uint16", "float16", "float32", "float64"])
@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic", "lanczos"])
def test_runs_with_a_few_whole_points(rng: np.random.Generator, interpolation: str, dtype: str) -> None:
    """Where the fraction of one point of a run is zero, along either axis, its pixels are taken as they are."""
    for channels, side in itertools.product((1, 2, 3, 4, 5), range(3)):
        image = noise(rng, (30, 90, channels), dtype)
        if image.dtype.kind == "f":
            image[rng.integers(30, size=40), rng.integers(90, size=40)] = np.nan
        x, y = rng.uniform(3, 86, (9, 70)), rng.uniform(3, 26, (9, 70))
        rows, columns = np.arange(9), rng.integers(0, 70, 9)
        if side != 1:
            x[rows, columns] = np.round(x[rows, columns])
        if side != 0:
            y[rows, columns] = np.round(y[rows, columns])
        assert_one_answer(functools.partial(px.remap, map_x=x, map_y=y, interpolation=interpolation), image, side)


@pytest.mark.parametrize("channels", [1, 3, 5])
def test_far_outside(rng: np.random.Generator, channels: int) -> None:
    image = noise(rng, (20, 400, channels), "uint8")
    value = tuple(range(9, 9 + channels))
    far = np.array([[1, 0, 1e7], [0, 1, 0], [0, 0, 1.0]])
    maps = [px.matrix.rotation(89, (199.5, 9.5)), far, far @ px.matrix.scaling(3), px.matrix.scaling(0.01)]
    for matrix, interpolation in itertools.product(maps, INTERPOLATIONS):
        op = functools.partial(px.affine, matrix=matrix, interpolation=interpolation, value=value)
        expected = assert_one_answer(op, image, (matrix, interpolation))
        for planar in (np.zeros((channels, 20, 400), np.uint8), np.zeros((2 * channels, 20, 400), np.uint8)[::2]):
            out = np.moveaxis(planar, 0, -1)
            op(image, out=out)
            assert_same(out.copy(), expected, (matrix, interpolation))
    across = np.linspace(-300, 700, 20 * 130).reshape(20, 130)
    assert_one_answer(lambda i: px.remap(i, across, across, value=value), image, "a line far beyond")


# ---- the memory around an image


def moves_of(image: Image) -> list[Callable[..., Image]]:
    """Every op that moves pixels, and the pyramids."""
    height, width = image.shape[:2]
    return [
        *(functools.partial(px.flip, image, d) for d in ("horizontal", "vertical", "both")),
        *(functools.partial(px.rot90, image, k) for k in range(4)),
        functools.partial(px.transpose, image, "CHW"),
        functools.partial(px.crop, image, (3, 1, width - 2, height - 1), copy=True),
        *(functools.partial(px.pad, image, 5, border=border) for border in BORDERS),
        functools.partial(px.pyramid_down, image),
        functools.partial(px.pyramid_up, image),
    ]


def assert_same_between_pages(isa: str, ops: list[Callable[..., Image]], results: Guarded, at_the_end: bool) -> None:
    for op in ops:
        with px.use_backend("native"), px.use_isa(isa):
            expected = op()
            out = results.put(np.zeros_like(expected), at_the_end)
            op(out=out)
        assert_same(out.copy(), expected, op)


def stray(isa: str) -> None:
    """Every op on images between pages that must not be touched, read and written."""
    rng = np.random.default_rng(5)
    sources, more, results = Guarded(1 << 19), Guarded(1 << 19), Guarded(1 << 21)
    matrices = [np.eye(3), [[1, 0.02, -3], [-0.02, 1, 2], [0, 0, 1]], [[0.4, 0.7, 3], [-0.7, 0.4, 30], [0, 0, 1]]]
    matrices += [[[-1, 0, 69.5], [0, -1, 29.5], [0, 0, 1]], [[1, 0.1, -5], [0.1, 1, 0], [0.003, 0, 1]]]
    matrices += [[[0.17, 0.98, 9], [-0.98, 0.17, 50], [0, 0, 1]]]
    for dtype, channels, at_the_end in itertools.product(DTYPES, (1, 2, 3, 4, 5), (False, True)):
        pixels = noise(rng, (31, 71, channels), dtype)
        image = sources.put(pixels, at_the_end)
        x, y = (rng.uniform(-3, side + 3, (31, 71)) for side in (71, 31))
        rows, columns = np.mgrid[0:31, 0:71] + rng.uniform(-2, 2, (2, 31, 71))
        ops: list[Callable[..., Image]] = [
            *(
                functools.partial(px.perspective, image, m, inverse=True, interpolation=i, border=b)
                for m, i, b in itertools.product(matrices, INTERPOLATIONS, ("constant", "edge", "reflect"))
            ),
            *(functools.partial(px.remap, image, x, y, interpolation=i) for i in INTERPOLATIONS),
            *(functools.partial(px.remap, image, columns, rows, interpolation=i) for i in INTERPOLATIONS),
            *moves_of(image),
        ]
        larger = more.put(noise(rng, (70, 133, channels), dtype), at_the_end)  # squares of 64 fit, and leave a rest
        assert_same_between_pages(isa, ops + moves_of(larger), results, at_the_end)
        for view in VIEWS.values():
            moves = moves_of(sources.put(view(pixels), at_the_end))
            assert_same_between_pages(isa, moves, results, at_the_end)
        planar = sources.put(np.ascontiguousarray(np.moveaxis(pixels, -1, 0)), at_the_end)
        with px.use_isa(isa):
            joined = px.transpose(planar, "HWC", layout="CHW")
            px.transpose(planar, "HWC", layout="CHW", out=results.put(np.zeros_like(joined), at_the_end))


@looks_itself
@pytest.mark.parametrize("isa", ISAS)
def test_nothing_outside_is_touched(isa: str) -> None:
    assert_nothing_strays(__file__, isa)


@pytest.mark.parametrize(
    ("dtype", "shape"),
    [("uint8", (1031, 2743, 3)), ("uint8", (1028, 2752, 3)), ("uint16", (1031, 4101)), ("float32", (1031, 701, 3))],
)
def test_results_that_go_past_the_caches(rng: np.random.Generator, dtype: str, shape: tuple[int, ...]) -> None:
    """More than 8 MiB are stored otherwise: at any alignment, for rows of any width, beside what is stored as ever."""
    image = random_image(rng, shape, dtype)
    planar = np.ascontiguousarray(np.moveaxis(image, -1, 0)) if image.ndim == 3 else image
    expected = [
        (px.flip, ("horizontal",), image[:, ::-1]),
        (px.flip, ("vertical",), image[::-1]),
        (px.flip, ("both",), image[::-1, ::-1]),
        (px.crop, ((1, 1, shape[1], shape[0]),), image[1:, 1:]),
        (px.pad, (3,), np.pad(image, ((3, 3), (3, 3), (0, 0))[: image.ndim])),
    ]
    if image.ndim == 3:
        expected.append((px.transpose, ("CHW",), planar))
    for isa, (op, options, result) in itertools.product(ISAS, expected):
        for offset in (0, image.itemsize, 16, 60):
            memory = np.full(result.nbytes + 128, 77, np.uint8)
            start = -memory.ctypes.data % 64 + offset
            out = memory[start : start + result.nbytes].view(dtype).reshape(result.shape)
            with px.use_isa(isa):
                op(image, *options, out=out)
            np.testing.assert_array_equal(out, result, err_msg=f"{isa} {op.__name__} {options} {offset}")
            assert (memory[:start] == 77).all() and (memory[start + result.nbytes :] == 77).all()
    if image.ndim == 3:
        for isa, threads in itertools.product(ISAS, (1, 2)):
            with px.use_isa(isa), px.num_threads(threads):
                assert_same(px.transpose(planar, "HWC", layout="CHW"), image)


@pytest.mark.sample
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
def test_squares_and_what_is_left_of_them(rng: np.random.Generator, dtype: str) -> None:
    """Turns of sides around those of the squares that are transposed in registers: 4 to 64 elements."""
    sides = (1, 3, 4, 5, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 70, 127, 129)
    for height, width in itertools.product(sides, sides):
        channels = int(rng.integers(1, 5))
        image = random_image(rng, (height, width, channels), dtype)
        for isa in ISAS:
            with px.use_isa(isa):
                assert_same(px.rot90(image, 1), np.rot90(image, 1).copy(), (isa, image.shape))
                assert_same(px.rot90(image, 3), np.rot90(image, 3).copy(), (isa, image.shape))
                swapped = px.transpose(np.moveaxis(image, 0, 1), "HWC")  # a view whose columns are rows in memory
                assert_same(swapped, np.moveaxis(image, 0, 1).copy(), (isa, image.shape))


@pytest.mark.parametrize(
    "axes",
    [
        ((0, 0, 1), (1, 0, 1)),  # too few
        ((0, 0, 1), (3, 0, 1), (2, 0, 1)),
        ((0, 0, 1), (-2, 0, 1), (2, 0, 1)),
        ((0, 0, 1), (-1, 0, 1), (2, 0, 1)),  # longer than 1
        ((0, 0, 2), (1, 0, 1), (2, 0, 1)),
        ((0, 1, 1), (1, 0, 1), (2, 0, 1)),  # beyond the end
        ((0, 3, -1), (1, 0, 1), (2, 0, 1)),  # before the beginning
        ((0, 5, -1), (1, 0, 1), (2, 0, 1)),
        ((0, -1, 1), (1, 0, 1), (2, 0, 1)),
        ((2, 0, 1), (1, 0, 1), (0, 0, 1)),  # a short axis for a long one
        ((0, 2**63 - 1, 1), (1, 0, 1), (2, 0, 1)),
    ],
)
def test_copy_takes_nothing_from_outside(axes: tuple[tuple[int, int, int], ...]) -> None:
    """Memory safety is the core's own, whatever the layers above have made of the axes."""
    from pixlane import _native

    image, out = np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3), np.zeros((5, 7, 3), np.uint8)
    with pytest.raises(ValueError, match=r"axes|axis"):
        _native.copy(image, out, "HWC", axes)
    assert not out.any()
    _native.copy(image, out, "HWC", ((0, 4, -1), (1, 0, 1), (2, 2, -1)))
    assert_same(out, image[::-1, :, ::-1].copy())
