"""What the harness needs of a library: versions, and jobs that can be timed and looked at."""

from __future__ import annotations

import os
import threading
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..cases import Case

Array = NDArray[Any]
Images = list[Array]

# Pillow's and fast_image_resize's answer to "area", and the table's peer for it, though not quite the same weights.
BOX_NOTE = "box filter of whole pixels: no fractional coverage"


class Skip(Exception):
    """The library does not do this case's job; the message says why."""


class Missing(ImportError):
    """The library is not here; the message says how to get it."""


@dataclass(frozen=True)
class Bound:
    """How far a result may be from the formula, in 8-bit levels of the source: the largest and the mean difference.

    The mean tells one filter from another; the largest may be generous where libraries treat edges differently.
    """

    maximum: float = 3.0
    mean: float = 0.6


# Where a pixel's centre falls between two of the source, rounding in the last bit decides which one is taken.
NEAREST_BOUND = Bound(255, 3)


class Job(ABC):
    """One library's way through one case, ready to run."""

    def __init__(self, *, out: bool = False, bound: Bound | None = None, variant: str = "", note: str = "") -> None:
        self.out = out  # whether it writes into given storage
        self.bound = bound or Bound()
        self.variant = variant  # distinguishes several ways of one library
        self.note = note

    @abstractmethod
    def sample(self, calls: int, begin: int = 0) -> float:
        """Seconds per call, over ``calls`` calls that go round the input buffers from number ``begin`` on."""

    @abstractmethod
    def warm_sample(self, calls: int, begin: int, warm_seconds: float) -> tuple[float, int]:
        """A sample after untimed calls for so long, its threads held apart; and how many calls there were in all."""

    @abstractmethod
    def picture(self) -> Array:
        """What the call gives for the first input, as an array of the case's output layout."""

    def close(self) -> None:
        """Give up buffers held elsewhere."""


# Linux adds up what a thread has run when it stops, or at a tick every few milliseconds: threads that work for a
# fraction of one and then look for more work seem not to have run at all. So all get time to come to rest.
REST_SECONDS = 0.0005


class LocalJob(Job):
    """Calls in this process. ``calls`` has one function of no arguments for each input buffer."""

    def __init__(
        self, calls: Sequence[Callable[[], Any]], picture: Callable[[Any], Any] = np.asarray, **more: Any
    ) -> None:
        super().__init__(**more)
        self._calls = list(calls)
        self._picture = picture
        self._next = 0
        self._ran: Counter[int] = Counter()  # nanoseconds of each thread within these calls

    def sample(self, calls: int, begin: int = 0) -> float:
        turn = [self._calls[(begin + i) % len(self._calls)] for i in range(calls)]
        start = time.perf_counter_ns()
        for call in turn:
            call()
        return (time.perf_counter_ns() - start) / calls * 1e-9

    def warm_sample(self, calls: int, begin: int, warm_seconds: float) -> tuple[float, int]:
        made = 0

        def warm() -> None:  # one call at least
            nonlocal made
            end = time.perf_counter() + warm_seconds / 2
            self.sample(1, begin + made)
            made += 1
            while time.perf_counter() < end:
                self.sample(1, begin + made)
                made += 1

        warm()  # until the last of this library's threads is awake, and of those of the one before asleep
        before = run_times()
        warm()
        time.sleep(REST_SECONDS)
        self._ran.update({thread: now - before.get(thread, 0) for thread, now in run_times().items()})
        with apart(self._ran):
            warm()
            return self.sample(calls, begin + made), made + calls

    def once(self) -> Any:
        """One call, on the next buffer."""
        self._next += 1
        return self._calls[self._next % len(self._calls)]()

    def picture(self) -> Array:
        return np.array(self._picture(self._calls[0]()))


def run_times() -> dict[int, int]:
    """Nanoseconds for which each thread of this process has run; nothing where Linux does not tell."""
    times = {}
    for task in Path("/proc/self/task").glob("*/schedstat"):
        try:
            times[int(task.parent.name)] = int(task.read_text().split()[0])
        except (OSError, ValueError, IndexError):  # the thread has ended
            continue
    return times


def settle(least: float, most: float = 0.1) -> None:
    """Wait until no other thread of this process runs: ``least`` seconds at least, ``most`` where one never ends."""
    end = time.perf_counter() + most
    time.sleep(least)
    while runs_beside() and time.perf_counter() < end:
        time.sleep(least / 4)


def runs_beside() -> bool:
    """Whether another thread of this process runs or is about to: spins for work, most likely."""
    caller = threading.get_native_id()
    for task in Path("/proc/self/task").glob("*/stat"):
        try:
            if int(task.parent.name) != caller and task.read_text().rpartition(")")[2].split()[0] == "R":
                return True
        except (OSError, IndexError):  # the thread has ended
            continue
    return False


@contextmanager
def apart(ran: Counter[int]) -> Iterator[None]:
    """Hold the threads that work, as many as there are processors, on one each within the block.

    ``ran`` says for how long each thread has run: with some libraries the calling thread works, with some it waits for
    a pool. One that was kept from working has run a little all the same.
    """
    cores = sorted(os.sched_getaffinity(0), reverse=True) if hasattr(os, "sched_getaffinity") else []
    workers = sorted(thread for thread, ns in ran.most_common(len(cores)) if ns > ran.total() / 500)
    held: dict[int, set[int]] = {}
    try:
        for thread, core in zip(workers, cores if len(workers) > 1 else (), strict=False):
            with suppress(OSError):
                held[thread] = os.sched_getaffinity(thread)
                os.sched_setaffinity(thread, {core})
        yield
    finally:
        for thread, before in held.items():
            with suppress(OSError):
                os.sched_setaffinity(thread, before)


class Peer(ABC):
    """A library held at a thread count. Raises ``ImportError`` when it cannot be had."""

    name = ""
    pinned = ""

    def __init__(self, threads: int) -> None:
        self.threads = threads

    @abstractmethod
    def version(self) -> str: ...

    @abstractmethod
    def jobs(self, case: Case, buffers: list[Images]) -> list[Job]:
        """Ways through ``case``, inputs converted already; one ``Images`` per buffer. Raises ``Skip``."""

    def cpu_seconds(self) -> float:
        """CPU time spent for it in other processes."""
        return 0.0

    def close(self) -> None:
        """End whatever was started for it."""


def over_list(function: Callable[[Any], Any], images: Sequence[Any], threads: int) -> Callable[[], list[Any]]:
    """Run ``function`` over a list of images as a user of that library would: a thread pool, when there are threads."""
    if threads == 1:
        return lambda: [function(image) for image in images]
    pool = ThreadPoolExecutor(threads)
    return lambda: list(pool.map(function, images))
