"""Times ops on a GPU: ``python -m bench.gpu.timing`` prints a JSON object per case.

Each case goes round buffers that together exceed the L2 cache twice, after untimed calls, between two events; the
median of several such rounds counts. A copy of as many bytes, moved likewise, is the bandwidth that a case is held
against. Others (CuPy, torch) take their turn where they are installed and do the same job.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import cupy as cp
import numpy as np

import pixlane as px

ROUNDS = 7
SECONDS_PER_CASE = 3.0


class Case(NamedTuple):
    """An op on an image of a shape, and other libraries' ways to the same."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    ours: Callable[[Any, Any], Any]  # of image and out
    shape_out: tuple[int, ...]
    dtype_out: str
    others: dict[str, Callable[[Any], Any]]


def ndimage(name: str, *arguments: Any, **options: Any) -> Callable[[Any], Any]:
    def run(image: Any) -> Any:
        from cupyx.scipy import ndimage as module

        return getattr(module, name)(image, *arguments, **options)

    return run


def torch_resize(size: tuple[int, int], mode: str, antialias: bool) -> Callable[[Any], Any]:
    def run(image: Any) -> Any:
        import torch

        planes = torch.as_tensor(image, device="cuda").permute(0, 3, 1, 2)
        return torch.nn.functional.interpolate(planes.float(), size, mode=mode, antialias=antialias)

    return run


def cases() -> Iterator[Case]:
    for count, high, wide, name in ((1, 1080, 1920, "1080p"), (8, 2160, 3840, "8 x 4K")):
        shape = (count, high, wide, 3)
        half = (high // 2, wide // 2)
        halved = (count, *half, 3)

        def case(
            op: str, ours: Callable[[Any, Any], Any], out: tuple[int, ...], dtype_out: str = "uint8", **others: Any
        ) -> Case:
            return Case(f"{op}, {name} u8x3", shape, "uint8", ours, out, dtype_out, others)  # noqa: B023

        yield case("flip", lambda i, o: px.flip(i, out=o), shape, cupy=lambda i: cp.ascontiguousarray(i[:, :, ::-1]))
        yield case(
            "rot90",
            lambda i, o: px.rot90(i, out=o),
            (count, wide, high, 3),
            cupy=lambda i: cp.ascontiguousarray(cp.rot90(i, axes=(1, 2))),
        )
        yield case(
            "HWC to CHW",
            lambda i, o: px.transpose(i, "NCHW", out=o),
            (count, 3, high, wide),
            cupy=lambda i: cp.ascontiguousarray(i.transpose(0, 3, 1, 2)),
        )
        yield case("pad by 64", lambda i, o: px.pad(i, 64, border="reflect", out=o), (count, high + 128, wide + 128, 3))
        for layout, out in (("NHWC", shape), ("NCHW", (count, 3, high, wide))):
            yield case(
                f"normalize to float32 {layout}",
                lambda i, o, layout=layout: px.normalize(i, 0.4, 0.3, layout_out=layout, out=o),
                out,
                "float32",
                cupy=lambda i: (i.astype(np.float32) / 255 - 0.4) / 0.3,
            )
        for filter_name in ("bilinear", "bicubic", "lanczos", "area", "nearest"):
            others = {}
            if filter_name in ("bilinear", "bicubic"):
                others["torch"] = torch_resize(half, filter_name, True)
            yield case(
                f"resize to half, {filter_name}",
                lambda i, o, n=filter_name, s=half: px.resize(i, s, interpolation=n, out=o),
                halved,
                **others,
            )
        yield case(
            "resize to 224, bilinear",
            lambda i, o: px.resize(i, (224, 224), out=o),
            (count, 224, 224, 3),
            torch=torch_resize((224, 224), "bilinear", True),
        )
        yield case(
            "preprocess to 224, float32 CHW",
            lambda i, o: px.preprocess(i, resize=256, crop=224, mean=0.45, std=0.22, out=o),
            (count, 3, 224, 224),
            "float32",
        )
        for filter_name, order in (("bilinear", 1), ("bicubic", None), ("nearest", 0)):
            others = {}
            if order is not None:
                others["cupy"] = ndimage("rotate", 15, axes=(1, 2), reshape=False, order=order, prefilter=False)
            yield case(
                f"rotate by 15 degrees, {filter_name}",
                lambda i, o, n=filter_name: px.rotate(i, 15, interpolation=n, out=o),
                shape,
                **others,
            )


def seconds(calls: Callable[[int], Any], count: int) -> float:
    """Return what a call takes, the median of rounds of as many calls as go round the buffers."""
    stream = cp.cuda.get_current_stream()
    for k in range(count):
        calls(k)
    times: list[float] = []
    end = time.monotonic() + SECONDS_PER_CASE
    while len(times) < ROUNDS and time.monotonic() < end:
        begin, done = cp.cuda.Event(), cp.cuda.Event()
        turns = max(count, 10)
        begin.record(stream)
        for k in range(turns):
            calls(k % count)
        done.record(stream)
        done.synchronize()
        times.append(float(cp.cuda.get_elapsed_time(begin, done)) / turns / 1e3)
    return statistics.median(times)


def buffers_of(nbytes: int) -> int:
    cache = cp.cuda.Device().attributes["L2CacheSize"]
    return int(min(64, max(1, -(-2 * cache // nbytes))))


def measure(case: Case) -> dict[str, Any]:
    rng = np.random.default_rng(1)
    rows = rng.integers(0, 256, case.shape[-3:]).astype(case.dtype)
    nbytes = int(np.prod(case.shape)) * np.dtype(case.dtype).itemsize
    nbytes_out = int(np.prod(case.shape_out)) * np.dtype(case.dtype_out).itemsize
    count = buffers_of(nbytes + nbytes_out)
    images = [cp.ascontiguousarray(cp.broadcast_to(cp.asarray(rows), case.shape)) for _ in range(count)]
    outs = [cp.empty(case.shape_out, case.dtype_out) for _ in range(count)]
    half = (nbytes + nbytes_out) // 2
    sources, targets = ([cp.empty(half, np.uint8) for _ in range(count)] for _ in range(2))
    copy = seconds(lambda k: cp.copyto(targets[k], sources[k]), count)
    ours = seconds(lambda k: case.ours(images[k], outs[k]), count)
    others: dict[str, Any] = {}
    for name, other in case.others.items():
        try:
            others[name] = seconds(lambda k, other=other: other(images[k]), count) * 1e6
        except Exception as error:
            others[name] = f"{type(error).__name__}: {error}"[:80]
    moved = nbytes + nbytes_out
    return {
        "name": case.name,
        "ours": ours * 1e6,
        "bandwidth": moved / ours / 1e9,
        "share": copy / ours,
        "copy": 2 * half / copy / 1e9,
        "others": others,
    }


def main() -> int:
    failed = 0
    for case in cases():
        try:
            row = measure(case)
        except Exception as error:
            row = {"name": case.name, "ours": f"{type(error).__name__}: {error}"[:300], "others": {}}
            failed += 1
        print(json.dumps(row), flush=True)
        cp.get_default_memory_pool().free_all_blocks()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
