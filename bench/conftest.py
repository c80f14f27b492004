"""Fixtures of the benchmark tests: libraries and inputs, made once, on one pinned core."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from typing import Any

import pytest

from bench import images, measure, oracle, peers
from bench.cases import Case


@functools.lru_cache(maxsize=1)
def prepared(case: Case) -> tuple[list[list[images.Array]], images.Array]:
    """Input buffers and the expected picture of a case; tests of one case follow each other."""
    first = images.inputs(case.image)
    count = measure.buffer_count(sum(image.nbytes for image in first), case.image.count, "cold")
    return [first] + [images.copies(first) for _ in range(count - 1)], oracle.expected(case, first)


class Libraries:
    """Every library at one thread; asking for one that is not here skips the test with the reason."""

    def __init__(self) -> None:
        from bench import ours

        found, self.missing = peers.available(1, [name for name in peers.names() if name != "pillow-simd"])
        self.missing["pillow-simd"] = "a server in another process; python -m bench times it"
        self.found: dict[str, peers.Peer] = {peer.name: peer for peer in found}
        try:
            self.found["pixlane"] = ours.Adaptor(1)
        except ImportError as error:
            self.missing["pixlane"] = str(error)

    def jobs(self, name: str, case: Case) -> list[Any]:
        if name in self.missing:
            pytest.skip(self.missing[name])
        try:
            return self.found[name].jobs(case, prepared(case)[0])
        except peers.Skip as skip:
            pytest.skip(str(skip))


def pixlane_threads() -> int | None:
    try:
        import pixlane
    except ImportError:
        return None
    return int(pixlane.info()["threads"])


@pytest.fixture(scope="session")
def libraries() -> Iterator[Libraries]:
    threads = pixlane_threads()
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
    measure.pin(1)
    libraries = Libraries()
    yield libraries
    if cores:
        os.sched_setaffinity(0, cores)
    if threads is not None:
        import pixlane

        pixlane.set_num_threads(threads)
