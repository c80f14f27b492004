"""Images between pages that must not be touched: whoever strays, reading or writing, dies of it.

A test file has a function ``stray(isa)``, which works on ``Guarded`` images, and a test that calls
``assert_nothing_strays``.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

Image = NDArray[Any]

# How the same image of H, W, C lies in memory. Its first and its last byte in use are the ones beside the pages.
VIEWS: dict[str, Callable[[Image], Image]] = {
    "plain": lambda image: image,
    "mirrored": lambda image: image[:, ::-1].copy()[:, ::-1],
    "upside down": lambda image: image[::-1].copy()[::-1],
    "every second column": lambda image: np.repeat(image, 2, axis=1)[:, ::2],
    "every second column, mirrored": lambda image: np.repeat(image[:, ::-1], 2, axis=1)[:, ::-2],
    "every second row": lambda image: np.repeat(image, 2, axis=0)[::2],
    "planes": lambda image: np.moveaxis(np.ascontiguousarray(np.moveaxis(image, -1, 0)), 0, -1),
    "a channel too many": lambda image: np.concatenate([image, image[..., :1]], axis=-1)[..., :-1],
}

looks_itself = pytest.mark.skipif("libasan" in os.environ.get("LD_PRELOAD", ""), reason="the sanitizer looks itself")


class Guarded:
    """Bytes with a page on either side that cannot be read or written."""

    def __init__(self, length: int) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        libc.mmap.restype = ctypes.c_void_p
        libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
        libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
        page = mmap.PAGESIZE
        self.inside = -(-length // page) * page
        start = libc.mmap(None, self.inside + 2 * page, 3, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0)
        assert libc.mprotect(start, page, 0) == 0
        assert libc.mprotect(start + page + self.inside, page, 0) == 0
        self.memory = np.frombuffer((ctypes.c_ubyte * self.inside).from_address(start + page), np.uint8)

    def put(self, image: Image, at_the_end: bool) -> Image:
        """A copy with the strides of ``image`` that begins after the first page, or ends before the last one."""
        reach = [(n - 1) * stride for n, stride in zip(image.shape, image.strides, strict=True)]
        below = -sum(min(0, r) for r in reach)
        length = below + sum(max(0, r) for r in reach) + image.itemsize
        begin = self.inside - length if at_the_end else 0
        view: Image = np.ndarray(image.shape, image.dtype, self.memory.data, begin + below, image.strides)
        view[...] = image
        return view


def assert_nothing_strays(file: str, isa: str) -> None:
    """Runs ``stray(isa)`` of a test file in a process of its own."""
    path = Path(file)
    code = f"import sys; sys.path[:0] = [{str(path.parent)!r}]; from {path.stem} import stray; stray({isa!r})"
    code += "; print('alive')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "alive" in done.stdout, (done.returncode, done.stderr[-2000:])
