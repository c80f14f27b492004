"""A pytest plugin under which SciPy's own tests of filters call pixlane, for what pixlane does too.

    python -m pytest -p scipy_adapter --pyargs scipy.ndimage.tests.test_filters      (tests/ on PYTHONPATH)

One and two-dimensional NumPy arrays of pixlane's dtypes go to it; all else (complex numbers, other dtypes, volumes,
``axes``, refused arguments) stays SciPy's. PIXLANE_SCIPY_REPORT names a file for what each test called and came to.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import ndimage

import pixlane as px

DTYPES = {np.dtype(name) for name in ("uint8", "uint16", "int16", "float16", "float32", "float64")}
BORDERS = {
    "reflect": "symmetric",
    "grid-mirror": "symmetric",
    "constant": "constant",
    "grid-constant": "constant",
    "nearest": "edge",
    "mirror": "reflect",
    "wrap": "wrap",
    "grid-wrap": "wrap",
}


class NotOurs(Exception):
    """SciPy is to do it."""


def needs(condition: Any) -> None:
    if not condition:
        raise NotOurs


class Call:
    """The arguments that all filters of SciPy have in common, as pixlane takes them."""

    def __init__(self, given: Any, output: Any, mode: Any, cval: Any) -> None:
        needs(type(given) in (np.ndarray, list))
        image = np.asarray(given)
        needs(image.dtype in DTYPES and image.ndim in (1, 2) and image.size)
        self.line = image.ndim == 1
        self.image = image[None] if self.line else image
        self.output = output if isinstance(output, np.ndarray) else None
        self.dtype = np.dtype(output) if output is not None and self.output is None else None
        if self.output is not None:
            needs(self.output.shape == image.shape and not np.may_share_memory(self.output, image))
        wanted = self.output.dtype if self.output is not None else self.dtype or image.dtype
        needs(wanted in DTYPES)
        self.result = np.dtype(wanted)
        modes = self.pair(mode)
        needs(all(isinstance(one, str) and one in BORDERS for one in modes))
        borders = [BORDERS[one] for one in modes]
        self.border = ("edge", borders[0]) if self.line else tuple(borders)
        needs(np.isreal(cval) and np.asarray(cval).ndim == 0)
        self.value = float(cval)
        if "constant" in borders and image.dtype.kind in "iu":
            limits = np.iinfo(image.dtype)
            needs(self.value == int(self.value) and limits.min <= self.value <= limits.max)

    def pair(self, value: Any) -> list[Any]:
        """One for each axis of what came."""
        count = 1 if self.line else 2
        listed = list(value) if isinstance(value, (tuple, list, np.ndarray)) else [value] * count
        needs(len(listed) == count)
        return listed

    def plane(self, value: Any, fill: Any) -> tuple[Any, Any]:
        """The same of (y, x)."""
        listed = self.pair(value)
        return (fill, listed[0]) if self.line else (listed[0], listed[1])

    def end(self, result: Any) -> Any:
        result = result[0] if self.line else result
        if self.output is None:
            return result.astype(self.result, copy=False)
        self.output[...] = result
        return self.output

    @property
    def around(self) -> dict[str, Any]:
        return {"border": self.border, "value": self.value}


def anchor_of(call: Call, shape: tuple[int, int], origin: Any) -> tuple[int, int]:
    y, x = call.plane(origin, 0)
    needs(all(isinstance(one, (int, np.integer)) for one in (y, x)))
    at = (shape[1] // 2 + int(x), shape[0] // 2 + int(y))
    needs(0 <= at[0] < shape[1] and 0 <= at[1] < shape[0])
    return at


def real_kernel(call: Call, weights: Any) -> np.ndarray[Any, Any]:
    kernel = np.asarray(weights)
    needs(kernel.dtype.kind in "iufb" and kernel.size and kernel.ndim == (1 if call.line else 2))
    return kernel[None] if call.line else kernel


def correlate(given, weights, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None):  # type: ignore[no-untyped-def]
    needs(axes is None)
    call = Call(given, output, mode, cval)
    kernel = real_kernel(call, weights)
    anchor = anchor_of(call, kernel.shape, origin)
    return call.end(px.correlate(call.image, kernel, anchor=anchor, dtype=call.result, **call.around))


def convolve(given, weights, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None):  # type: ignore[no-untyped-def]
    needs(axes is None)
    call = Call(given, output, mode, cval)
    kernel = real_kernel(call, weights)
    x, y = anchor_of(call, kernel.shape, origin)
    return call.end(px.convolve(call.image, kernel, anchor=(x, y), dtype=call.result, **call.around))


def along(function: Callable[..., Any]) -> Callable[..., Any]:
    def one(given, weights, axis=-1, output=None, mode="reflect", cval=0.0, origin=0):  # type: ignore[no-untyped-def]
        kernel = np.asarray(weights)
        needs(kernel.ndim == 1)
        call = Call(given, output, mode, cval)
        needs(axis in range(-1 if call.line else -2, 1 if call.line else 2))
        if call.line:
            return function(given, kernel, output, mode, cval, origin)
        down = axis in (0, -2)
        return function(
            given,
            kernel[:, None] if down else kernel[None],
            output,
            mode,
            cval,
            (origin, 0) if down else (0, origin),
        )

    return one


def gaussian_filter(
    given, sigma, order=0, output=None, mode="reflect", cval=0.0, truncate=4.0, *, radius=None, axes=None
):  # type: ignore[no-untyped-def]
    needs(axes is None and radius is None and np.all(np.asarray(order) == 0))
    call = Call(given, output, mode, cval)
    sigmas = call.plane(sigma, 0.0)
    return call.end(px.gaussian_blur(call.image, sigmas, truncate=truncate, dtype=call.result, **call.around))


def uniform_filter(given, size=3, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None):  # type: ignore[no-untyped-def]
    needs(axes is None and np.all(np.asarray(origin) == 0))
    call = Call(given, output, mode, cval)
    needs(call.result.kind == "f")  # SciPy truncates means of integers
    return call.end(px.box_blur(call.image, call.plane(size, 1), dtype=call.result, **call.around))


def selected(function: Callable[..., Any], *before: str) -> Callable[..., Any]:
    def one(
        given, *arguments, size=None, footprint=None, output=None, mode="reflect", cval=0.0, origin=0, axes=None, **more
    ):  # type: ignore[no-untyped-def]
        needs(axes is None)
        values = dict(zip((*before, "size", "footprint"), arguments, strict=False)) | more
        size, footprint = values.pop("size", size), values.pop("footprint", footprint)
        needs(set(values) == set(before) and (size is None) != (footprint is None))
        call = Call(given, output, mode, cval)
        needs(call.result == call.image.dtype or call.result.kind == "f")
        if footprint is not None:
            kernel = real_kernel(call, footprint).astype(bool)
            needs(kernel.any())
            of, shape = kernel, kernel.shape
        else:
            of = shape = call.plane(size, 1)
        needs(all(isinstance(side, (int, np.integer)) and side > 0 for side in shape))
        return call.end(
            function(call.image, *values.values(), of, anchor=anchor_of(call, shape, origin), **call.around)
        )

    return one


def line_of(function: Callable[..., Any]) -> Callable[..., Any]:
    def one(given, size, axis=-1, output=None, mode="reflect", cval=0.0, origin=0):  # type: ignore[no-untyped-def]
        call = Call(given, output, mode, cval)
        needs(isinstance(size, (int, np.integer)) and size > 0)
        down = not call.line and axis in (0, -2)
        shape = (size, 1) if down else (1, size)
        needs(axis in range(-1 if call.line else -2, 1 if call.line else 2))
        at = (shape[1] // 2 + (0 if down else origin), shape[0] // 2 + (origin if down else 0))
        needs(0 <= at[0] < shape[1] and 0 <= at[1] < shape[0])
        return call.end(function(call.image, shape, anchor=at, **call.around))

    return one


def sobel(given, axis=-1, output=None, mode="reflect", cval=0.0):  # type: ignore[no-untyped-def]
    call = Call(given, output, mode, cval)
    needs(not call.line and axis in (-2, -1, 0, 1))
    return call.end(px.sobel(call.image, "y" if axis in (0, -2) else "x", dtype=call.result, **call.around))


def laplace(given, output=None, mode="reflect", cval=0.0, *, axes=None):  # type: ignore[no-untyped-def]
    needs(axes is None)
    call = Call(given, output, mode, cval)
    needs(not call.line)
    return call.end(px.laplacian(call.image, dtype=call.result, **call.around))


OURS: dict[str, Callable[..., Any]] = {
    "correlate": correlate,
    "convolve": convolve,
    "correlate1d": along(correlate),
    "convolve1d": along(convolve),
    "gaussian_filter": gaussian_filter,
    "uniform_filter": uniform_filter,
    "minimum_filter": selected(px.minimum_filter),
    "maximum_filter": selected(px.maximum_filter),
    "median_filter": selected(px.median_blur),
    "rank_filter": selected(px.rank_filter, "rank"),
    "percentile_filter": selected(px.percentile_filter, "percentile"),
    "minimum_filter1d": line_of(px.minimum_filter),
    "maximum_filter1d": line_of(px.maximum_filter),
    "sobel": sobel,
    "laplace": laplace,
}

calls = {"ours": 0, "theirs": 0}
tests: dict[str, dict[str, Any]] = {}


def either(name: str) -> Callable[..., Any]:
    ours, theirs = OURS[name], getattr(ndimage, name)

    def call(*arguments: Any, **options: Any) -> Any:
        try:
            result = ours(*arguments, **options)
        except (NotOurs, TypeError, ValueError):  # also arguments that are wrong for both
            calls["theirs"] += 1
            return theirs(*arguments, **options)
        calls["ours"] += 1
        return result

    return call


def pytest_collection_finish() -> None:
    # Not before: SciPy's decorators know its functions by themselves.
    for name in OURS:
        setattr(ndimage, name, either(name))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    outcome = yield
    if call.when == "call":
        report = outcome.get_result()  # type: ignore[attr-defined]
        tests[item.nodeid.rpartition("::")[2]] = {"outcome": report.outcome, **calls}
        calls.update(ours=0, theirs=0)


def pytest_sessionfinish() -> None:
    path = os.environ.get("PIXLANE_SCIPY_REPORT")
    if path:
        Path(path).write_text(json.dumps(tests))
