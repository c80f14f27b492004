"""Whether CuPy arrays get the bytes that NumPy arrays get, and what else is promised of a GPU.

``python -m bench.gpu.checks [--few]`` prints a JSON object per check, and fails where one does. It needs NumPy and CuPy
alone, so that it runs where no test framework is installed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import cupy as cp
import numpy as np

import pixlane as px
from pixlane import _backend

DTYPES = ("uint8", "uint16", "int16", "float16", "float32", "float64")
BORDERS = ("constant", "edge", "reflect", "symmetric", "wrap")
FILTERS = ("nearest", "bilinear", "bicubic", "lanczos", "area")
SECONDS_PER_OP = 4.0

Op = Callable[[Any], Any]


def image_of(rng: np.random.Generator, dtype: str, most: int = 150) -> Any:
    """Return random pixels of a random shape."""
    shape = (*rng.integers(1, most, 2).tolist(), int(rng.choice([1, 2, 3, 4, 5])))
    if rng.random() < 0.3:
        shape = (int(rng.integers(1, 4)), *shape)
    kind = np.dtype(dtype)
    if kind.kind == "f":
        return (rng.random(shape) * 300 - 100).astype(kind)
    limits = np.iinfo(kind)
    return rng.integers(limits.min, limits.max + 1, shape).astype(kind)


def size_of(rng: np.random.Generator, most: int = 150) -> tuple[int, int]:
    high, wide = rng.integers(1, most, 2).tolist()
    return high, wide


def matrix_of(rng: np.random.Generator) -> Any:
    matrix = np.eye(3)
    matrix[:2] += rng.normal(0, 0.4, (2, 3)) * [1, 1, 20]
    return matrix


def on(image: Any, array: Any) -> Any:
    """Return a NumPy array where ``image`` is."""
    return cp.asarray(array) if isinstance(image, cp.ndarray) else array


def remapping(rng: np.random.Generator, image: Any) -> Op:
    size = size_of(rng)
    x, y = (rng.uniform(-9, 150, size).astype(rng.choice(["float32", "float64"])) for _ in range(2))
    y = y.astype(x.dtype)
    options = {"interpolation": str(rng.choice(FILTERS[:4])), "border": str(rng.choice(BORDERS))}
    return lambda i: px.remap(i, on(i, x), on(i, y), **options)


def warped(rng: np.random.Generator) -> dict[str, Any]:
    return {"interpolation": str(rng.choice(FILTERS[:4])), "border": str(rng.choice(BORDERS)), "value": 7}


def affine(rng: np.random.Generator, image: Any) -> Op:
    matrix, options = matrix_of(rng)[:2], warped(rng)
    return lambda i: px.affine(i, matrix, **options, inverse=True)


def perspective(rng: np.random.Generator, image: Any) -> Op:
    matrix, options = matrix_of(rng), warped(rng)
    matrix[2, :2] = rng.normal(0, 0.003, 2)
    return lambda i: px.perspective(i, matrix, **options, inverse=True)


def rotate(rng: np.random.Generator, image: Any) -> Op:
    angle, options = float(rng.uniform(-180, 180)), warped(rng)
    return lambda i: px.rotate(i, angle, **options)


def resize(rng: np.random.Generator, image: Any) -> Op:
    size, name, smooth = size_of(rng), str(rng.choice(FILTERS)), bool(rng.random() < 0.7)
    premultiply = image.shape[-1] in (2, 4) and bool(rng.random() < 0.3)
    return lambda i: px.resize(i, size, interpolation=name, antialias=smooth, premultiply=premultiply)


def preprocess(rng: np.random.Generator, image: Any) -> Op:
    others = [image[..., ::-1, :, :], image[..., : max(1, image.shape[-3] // 2), :, :]]
    size, name = int(rng.integers(1, 100)), str(rng.choice(FILTERS))
    options: dict[str, Any] = {"resize": size, "fit": "pad", "interpolation": name, "mean": 0.4, "std": 0.3}
    if image.ndim == 4:
        return lambda i: px.preprocess(i, **options)
    return lambda i: px.preprocess([i, *(on(i, other) for other in others)], **options)


def padding(rng: np.random.Generator, image: Any) -> Op:
    sides, border = tuple(rng.integers(0, 99, 4).tolist()), str(rng.choice(BORDERS))
    return lambda i: px.pad(i, sides, border=border, value=3)


def flip(rng: np.random.Generator, image: Any) -> Op:
    direction = str(rng.choice(["horizontal", "vertical", "both"]))
    return lambda i: px.flip(i, direction)


def rot90(rng: np.random.Generator, image: Any) -> Op:
    turns = int(rng.integers(4))
    return lambda i: px.rot90(i, turns)


def crop(rng: np.random.Generator, image: Any) -> Op:
    high, wide = image.shape[-3:-1]
    box = (0, high // 3, wide - wide // 3, high) if rng.random() < 0.5 else (0.25, 0.5, wide - 0.125, high)
    return lambda i: px.crop(i, box, copy=True)


def transpose(rng: np.random.Generator, image: Any) -> Op:
    layout = str(rng.choice(["CHW", "HWC"] if image.ndim == 3 else ["NCHW", "NHWC"]))
    return lambda i: px.transpose(i, layout)


def normalize(rng: np.random.Generator, image: Any) -> Op:
    dtype = str(rng.choice(["uint8", "float16", "float32", "float64"]))
    layout = str(rng.choice(["CHW", "HWC"] if image.ndim == 3 else ["NCHW", "NHWC"]))
    return lambda i: px.normalize(i, 0.4, 0.3, dtype=dtype, layout_out=layout)


def pyramid_down(rng: np.random.Generator, image: Any) -> Op:
    border, premultiply = str(rng.choice(BORDERS)), image.shape[-1] in (2, 4) and bool(rng.random() < 0.3)
    return lambda i: px.pyramid_down(i, border=border, value=3, premultiply=premultiply)


def pyramid_up(rng: np.random.Generator, image: Any) -> Op:
    size = [2 * side - int(rng.integers(2)) for side in image.shape[-3:-1]]
    premultiply = image.shape[-1] in (2, 4) and bool(rng.random() < 0.3)
    return lambda i: px.pyramid_up(i, size, premultiply=premultiply)


def elastic(rng: np.random.Generator, image: Any) -> Op:
    sigma, seed = float(rng.uniform(0, 9)), int(rng.integers(2**32))
    return lambda i: px.elastic(i, 20.0, sigma, seed=seed)


def around(rng: np.random.Generator) -> dict[str, Any]:
    return {"border": (str(rng.choice(BORDERS)), str(rng.choice(BORDERS))), "value": 3}


def extreme(op: Callable[..., Any]) -> Callable[[np.random.Generator, Any], Op]:
    """Return what draws a call of an op that takes a footprint or heights."""

    def draw(rng: np.random.Generator, image: Any) -> Op:
        sides, options = tuple(rng.integers(1, 40 if rng.random() < 0.3 else 8, 2).tolist()), around(rng)
        if rng.random() < 0.2:
            heights = rng.integers(0, 30, (3, 4)).astype(float)
            return lambda i: op(i, structure=heights, **options)
        shape = str(rng.choice(["rectangle", "ellipse", "diamond", "cross"]))
        return lambda i: op(i, sides, shape=shape, **options)

    return draw


def ranked(op: Callable[..., Any], number: int | None = None) -> Callable[[np.random.Generator, Any], Op]:
    """Return what draws a call of an op that finds a rank, or percentile, of a footprint."""

    def draw(rng: np.random.Generator, image: Any) -> Op:
        sides, options = int(rng.choice([3, 4, 5, 6, 7, 9])), around(rng)
        given = () if number is None else (number,)
        return lambda i: op(i, *given, sides, **options)

    return draw


def median_blur(rng: np.random.Generator, image: Any) -> Op:
    if rng.random() < 0.7:
        return ranked(px.median_blur)(rng, image)
    mask, options = rng.random((*image.shape[:-3], *image.shape[-3:-1])) < 0.6, around(rng)
    return lambda i: px.median_blur(i, (3, 5), mask=on(i, mask), **options)


#: What draws a call of each op; an op that the CUDA backend has needs one (tests/test_registry.py).
CALLS: dict[str, Callable[[np.random.Generator, Any], Op]] = {
    "flip": flip,
    "rot90": rot90,
    "transpose": transpose,
    "pad": padding,
    "crop": crop,
    "normalize": normalize,
    "resize": resize,
    "preprocess": preprocess,
    "rotate": rotate,
    "affine": affine,
    "perspective": perspective,
    "remap": remapping,
    "elastic": elastic,
    "pyramid_down": pyramid_down,
    "pyramid_up": pyramid_up,
    "erode": extreme(px.erode),
    "dilate": extreme(px.dilate),
    "opening": extreme(px.opening),
    "closing": extreme(px.closing),
    "morphological_gradient": extreme(px.morphological_gradient),
    "top_hat": extreme(px.top_hat),
    "median_blur": median_blur,
    "rank_filter": ranked(px.rank_filter, 7),
    "percentile_filter": ranked(px.percentile_filter, 30),
    "minimum_filter": extreme(px.minimum_filter),
    "maximum_filter": extreme(px.maximum_filter),
}

VIEWS: dict[str, Callable[[Any], Any]] = {
    "as it is": lambda i: i,
    "mirrored": lambda i: i[..., :, ::-1, :],
    "upside down": lambda i: i[..., ::-1, :, :],
    "every second": lambda i: i[..., ::2, ::2, :],
    "turned": lambda i: i.swapaxes(-2, -3),
    "planes": lambda i: (cp if isinstance(i, cp.ndarray) else np).moveaxis(
        (cp if isinstance(i, cp.ndarray) else np).ascontiguousarray(i.swapaxes(-1, -3)), -3, -1
    ),
}


def assert_same(have: Any, expected: Any, what: object) -> None:
    assert isinstance(have, cp.ndarray), f"{what}: {type(have)}"
    have = cp.asnumpy(have)
    assert have.dtype == expected.dtype and have.shape == expected.shape, (what, have.dtype, have.shape, expected.shape)
    bits = f"u{have.dtype.itemsize}"
    same = np.ascontiguousarray(have).view(bits) == np.ascontiguousarray(expected).view(bits)
    if have.dtype.kind == "f":
        same |= np.isnan(have) & np.isnan(expected)
    if not same.all():
        at = tuple(np.argwhere(~same)[0].tolist())
        raise AssertionError(
            f"{what}: {(~same).sum()} of {same.size} differ, first at {at}: {have[at]}, {expected[at]}"
        )


def equality(name: str, few: bool) -> None:
    """The bytes of the CPU, on everything at random for a few seconds."""
    rng = np.random.default_rng([20261123, len(name), *name.encode()])
    end = time.monotonic() + (0.5 if few else SECONDS_PER_OP)
    turn = 0
    while turn < 12 or (time.monotonic() < end and not few):
        dtype, view = DTYPES[turn % 6], list(VIEWS)[int(rng.integers(len(VIEWS)))]
        given = image_of(rng, dtype, 40 if few else 150 if turn % 9 else 700)
        image = VIEWS[view](given)
        if 0 in image.shape:
            continue
        op = CALLS[name](rng, image)
        assert_same(op(VIEWS[view](cp.asarray(given))), op(image), (dtype, image.shape, view))
        turn += 1


# ---- the rest of the promise


def sample() -> Any:
    return np.random.default_rng(1).integers(0, 256, (300, 400, 3)).astype(np.uint8)


def the_backend_is_there() -> None:
    assert "cuda" in px.info()["backends"], px.info()["cuda"]
    assert isinstance(px.info()["cuda"], dict)


def on_streams_without_waiting() -> None:
    image, expected = cp.asarray(sample()), px.resize(sample(), (100, 150))
    px.resize(image, (100, 150))
    cp.cuda.Device().synchronize()
    streams = [cp.cuda.Stream(non_blocking=True) for _ in range(3)]
    results = []
    for stream in streams:
        with stream:
            results.append(px.resize(image, (100, 150)))
    for stream, result in zip(streams, results, strict=True):
        stream.synchronize()
        assert_same(result, expected, "stream")
    # Behind work of some 80 ms, a call returns at once.
    busy = cp.cuda.Stream(non_blocking=True)
    with busy:
        large = cp.ones((8192, 8192), np.float32)
        for _ in range(400):  # of 0.2 ms each
            cp.sin(large, out=large)
        begin = time.perf_counter()
        result = px.resize(image, (100, 150))
        waited = time.perf_counter() - begin
        pending = not busy.done
        busy.synchronize()
    assert_same(result, expected, "behind others")
    assert not pending or waited < 0.02, f"the call took {waited} s behind work of its stream"


def graphs() -> None:
    image, out = cp.asarray(sample()), cp.zeros((100, 150, 3), np.uint8)
    stream = cp.cuda.Stream(non_blocking=True)
    turned = cp.zeros_like(image)
    batch = cp.zeros((2, 3, 64, 64), np.float32)
    images = [image, cp.ascontiguousarray(image[:200])]

    def work() -> None:
        px.resize(image, (100, 150), interpolation="lanczos", out=out)
        px.rotate(image, 20, interpolation="lanczos", out=turned)
        px.preprocess(images, resize=64, crop=64, mean=0.4, std=0.3, out=batch)

    with stream:
        work()
        stream.synchronize()
        stream.begin_capture()
        work()
        graph = stream.end_capture()
        other = np.ascontiguousarray(sample()[::-1])
        image.set(other)
        images[1].set(other[:200])
        for result in (out, turned, batch):
            result.fill(0)
        graph.launch(stream)
    stream.synchronize()
    assert_same(out, px.resize(other, (100, 150), interpolation="lanczos"), "graph")
    assert_same(turned, px.rotate(other, 20, interpolation="lanczos"), "graph")
    assert_same(batch, px.preprocess([other, other[:200]], resize=64, crop=64, mean=0.4, std=0.3), "graph")
    # What is not on the device yet cannot be captured, and says so.
    new = cp.zeros((37, 41, 3), np.uint8)
    with stream:
        stream.begin_capture()
        try:
            px.resize(image, (37, 41), out=new)
        except RuntimeError as error:
            refusal = str(error)
        else:
            raise AssertionError("tables were made while a graph was captured")
        finally:
            stream.end_capture()
    assert "make a call like it" in refusal, refusal


def many_threads() -> None:
    image, expected, failed = cp.asarray(sample()), px.rotate(sample(), 30), list[BaseException]()

    def work() -> None:
        try:
            with cp.cuda.Stream(non_blocking=True) as stream:
                for _ in range(50):
                    result = px.rotate(image, 30)
                stream.synchronize()
                assert_same(result, expected, "thread")
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed, failed[0]


def out_of_memory() -> None:
    image = cp.zeros((1 << 14, 1 << 14), np.float64)
    try:
        px.resize(image, (1 << 19, 1 << 19))
    except MemoryError:
        pass
    else:
        raise AssertionError("a result of 2 TiB was made")
    assert_same(px.flip(cp.asarray(sample())), px.flip(sample()), "after running out of memory")


def mixed() -> None:
    image = cp.asarray(sample())
    maps = np.zeros((5, 6), np.float32)
    for call in (
        lambda: px.remap(image, maps, maps),
        lambda: px.flip(image, out=np.zeros_like(sample())),
        lambda: px.preprocess([image, sample()], resize=8),
    ):
        try:
            call()
        except TypeError:
            continue
        raise AssertionError("arrays in main memory and on the GPU were mixed")


def managed_memory() -> None:
    memory = cp.cuda.malloc_managed(sample().nbytes)
    image = cp.ndarray(sample().shape, np.uint8, memory)
    image.set(sample())
    assert_same(px.rot90(image), px.rot90(sample()), "managed")


def after_fork() -> None:
    if not hasattr(os, "fork"):
        return
    image = cp.asarray(sample())
    px.flip(image)
    child = os.fork()
    if child == 0:
        try:
            px.flip(image)
        except RuntimeError:  # CUDA's by CuPy, or pixlane's, which names spawn
            os._exit(7)
        except BaseException:
            os._exit(8)
        os._exit(9)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


def large() -> None:
    """Elements beyond 2^31."""
    free, _ = cp.cuda.runtime.memGetInfo()
    if free < 12 << 30:
        return
    image = cp.arange(256, dtype=np.uint8)[None, :, None].repeat(1 << 23, axis=0) ^ np.uint8(3)
    image[-1] = 77
    result = px.flip(image, "vertical")
    assert int(result[0].max()) == 77 and bool((result[1:] == image[:-1][::-1]).all())
    assert bool((px.resize(image, (1 << 23, 128))[-1] == 77).all())


def tables_are_given_back() -> None:
    module, _ = _backend.load("cuda")
    assert module is not None
    image = cp.asarray(sample())
    for k in range(1, 700):
        px.resize(image, (1 + k % 97, k))
    tables, nbytes = module.kept_tables(image.device.id)
    assert tables <= 512 and nbytes <= 64 << 20, (tables, nbytes)


def fallback() -> None:
    """Ops that the CUDA backend lacks run on the reference, with the same bytes."""
    small = sample()[:40, :50]
    for op in (lambda i: px.gaussian_blur(i, 1.5), lambda i: px.erode(i, 3), lambda i: px.median_blur(i, 3)):
        assert_same(op(cp.asarray(small)), op(small), "fallback")


CONTRACT = (
    the_backend_is_there,
    on_streams_without_waiting,
    graphs,
    many_threads,
    mixed,
    managed_memory,
    out_of_memory,
    tables_are_given_back,
    large,
    fallback,
    after_fork,
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.gpu.checks", description=__doc__)
    parser.add_argument("--few", action="store_true", help="a few small calls of each op, for compute-sanitizer")
    few = parser.parse_args().few
    checks: list[tuple[str, Callable[[], None]]] = [(name, lambda name=name: equality(name, few)) for name in CALLS]
    if not few:
        checks += [(check.__name__, check) for check in CONTRACT]
    assert _backend.load("cuda")[0] is not None, px.info()["cuda"]
    failed = 0
    for name, check in checks:
        begin = time.monotonic()
        row: dict[str, Any] = {"name": name, "ok": True}
        try:
            check()
        except Exception as error:
            row |= {"ok": False, "error": f"{type(error).__name__}: {error}"[:600]}
            failed += 1
        print(json.dumps(row | {"seconds": round(time.monotonic() - begin, 2)}), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
