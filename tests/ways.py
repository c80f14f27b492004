"""The ways to an answer that must have the bytes of the reference: by which name, and within which context."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pixlane as px

FORCED = os.environ.get("PIXLANE_BACKEND")

#: The instruction sets of the native module; the CUDA kernels where the environment forces them.
WAYS: list[str] = [FORCED] if FORCED in ("cuda", "cuda_host") else px.info()["isa_available"]


@contextmanager
def way(name: str) -> Iterator[None]:
    """Go one of ``WAYS``."""
    if name == FORCED:
        with px.use_backend(name):
            yield
    else:
        with px.use_backend("native"), px.use_isa(name):
            yield
