"""Times pixlane and each peer in turn, in one process that is held at one thread count.

    python -m bench.measure --threads 1 CASE...     # one JSON object per line; ``python -m bench`` is the front

What is done to make a ratio mean something:

- The process is pinned to as many cores as threads are allowed, before any library is loaded.
- Each round takes one sample of every library, and each round begins with another one, so that drift of the machine
  meets all alike. A sample of a short call is as many calls as fill a millisecond.
- Inputs larger than the L2 cache rotate among buffers that together exceed the last-level cache twice, so that bytes
  come from memory, as the floors of the table assume; smaller ones stay in cache, since there overhead is the
  question. ``--inputs warm`` uses one buffer always. The rotation is one for all libraries: none reads a buffer that
  another one has just brought into the cache.
- With several threads each sample has the processors to itself: first comes a pause in which the workers of the library
  before go to sleep (those of OpenMP spin for up to 30 ms), then untimed calls that wake its own ones. Kernels of
  small virtual machines wake a thread where it ran last, and leave two workers on one processor for many calls beside
  an idle one: which library that hits is chance. So the threads that were seen to work in a job's calls are held apart
  while it is sampled, one to a processor. A sample thus is what a loop of calls costs on processors that are awake, for
  every library alike; what a single call after a pause costs is not asked here.
- Copy bandwidth (bytes read plus bytes written) is measured within each row, by as many threads, each on its own core.
- Every library's picture is compared with the formula in ``oracle.py``; who fails is reported and takes no part in the
  ratio.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

L2_BYTES = 1 << 20
MOST_BUFFER_BYTES = 256 << 20
SETTLE_SECONDS = 0.003  # and more: OpenMP workers (torch) spin for 5 to 30 ms, on the core that the next one needs
WARM_SECONDS = 0.002  # untimed calls after that: as long as pools need to notice that calls follow closely
MOST_ROUNDS = 31  # rounds beyond make samples longer instead: quartiles get no better by more of them


def pin(threads: int) -> list[int]:
    """Hold this process to its last ``threads`` cores: interrupts and daemons prefer the first. Before any import."""
    if not hasattr(os, "sched_setaffinity"):
        return []
    cores = sorted(os.sched_getaffinity(0))
    if threads > len(cores):
        raise SystemExit(f"{threads} threads asked for, {len(cores)} cores given to this process")
    chosen = cores[-threads:]
    os.sched_setaffinity(0, chosen)
    return chosen


def thread_environment(threads: int) -> dict[str, str]:
    names = ("OMP", "OPENBLAS", "MKL", "RAYON", "PIXLANE", "NUMEXPR", "VECLIB")
    return {f"{name}_NUM_THREADS": str(threads) for name in names}


@dataclass
class Entry:
    """Samples of one library's way through one case. A run keeps their median, quartiles, spread and least."""

    library: str
    variant: str
    out: bool
    note: str
    maximum: float
    mean: float
    ok: bool
    calls: int = 1
    rounds: int = 0
    samples: list[float] = field(default_factory=list)

    def summary(self) -> dict[str, Any]:
        figures = {"maximum": self.maximum, "mean": self.mean, **spread(self.samples)}
        rounded = {name: float(f"{value:.5g}") for name, value in figures.items()}
        return {name: value for name, value in {**vars(self), **rounded}.items() if name != "samples"}


def spread(samples: Sequence[float]) -> dict[str, float]:
    """Median, quartiles, median absolute deviation and least of ``samples``."""
    if len(samples) == 1:
        return {"median": samples[0], "q1": samples[0], "q3": samples[0], "mad": 0.0, "best": samples[0]}
    q1, median, q3 = statistics.quantiles(samples, n=4, method="inclusive")
    mad = statistics.median(abs(sample - median) for sample in samples)
    return {"median": median, "q1": q1, "q3": q3, "mad": mad, "best": min(samples)}


def cache_bytes() -> int:
    """The last-level cache, as Linux tells it; 32 MiB where it does not."""
    sizes = []
    for path in Path("/sys/devices/system/cpu/cpu0/cache").glob("index*/size"):
        text = path.read_text().strip()
        sizes.append(int(text[:-1]) << {"K": 10, "M": 20}[text[-1]])
    return max(sizes, default=32 << 20)


def buffer_count(nbytes: int, count: int, inputs: str) -> int:
    """How many copies of an input of ``nbytes`` take turns."""
    if inputs == "warm" or nbytes < L2_BYTES or count > 1:
        return 1
    wanted = -(-2 * cache_bytes() // nbytes)
    return max(2, min(wanted, MOST_BUFFER_BYTES // nbytes))


class Copy:
    """``numpy.copyto`` between two arrays far larger than the caches, split over threads that are held to a core each.

    Threads that are not held may end up on one core, beside an idle one, and then move no more than one does.
    """

    BYTES = 96 << 20

    def __init__(self, threads: int) -> None:
        from concurrent.futures import ThreadPoolExecutor

        import numpy as np

        self._copyto = np.copyto
        source, target = np.ones(self.BYTES, np.uint8), np.ones(self.BYTES, np.uint8)
        part = self.BYTES // threads
        cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
        self._work = []  # a thread each, and what it copies
        for i in range(threads):
            pool = ThreadPoolExecutor(1)
            if cores:
                pool.submit(os.sched_setaffinity, 0, {cores[i % len(cores)]}).result()
            self._work.append((pool, target[i * part :][:part], source[i * part :][:part]))
        self.gigabytes_per_second(2)

    def gigabytes_per_second(self, repeats: int = 5) -> float:
        samples = []
        for _ in range(repeats):
            start = time.perf_counter_ns()
            copies = [pool.submit(self._copyto, target, source) for pool, target, source in self._work]
            for copy in copies:
                copy.result()
            samples.append(time.perf_counter_ns() - start)
        return 2 * self.BYTES / statistics.median(samples)


class Bench:
    """Every library at one thread count, ready to run cases."""

    def __init__(self, threads: int, only_peers: list[str] | None = None, inputs: str = "cold") -> None:
        from . import peers

        self.threads = threads
        self.inputs = inputs
        self.libraries: list[peers.Peer] = []
        self.missing: dict[str, str] = {}
        try:
            from . import ours

            self.libraries.append(ours.Adaptor(threads))
        except ImportError as error:
            self.missing["pixlane"] = str(error)
        found, missing = peers.available(threads, only_peers)
        self.libraries += found
        self.missing |= missing
        self.copy = Copy(threads)

    def header(self) -> dict[str, Any]:
        """Which libraries take part, at which versions."""
        about = {peer.name: peer.version() for peer in self.libraries}
        others = [
            f"{peer.name} {about[peer.name]} instead of {peer.pinned}"
            for peer in self.libraries
            if peer.pinned and not about[peer.name].startswith(peer.pinned)
        ]
        ours = next((peer.about() for peer in self.libraries if peer.name == "pixlane"), None)  # type: ignore[attr-defined]
        return {"libraries": about, "missing": self.missing, "not_pinned": others, "pixlane": ours}

    def run(self, case: Any, seconds: float = 1.0, least_sample: float = 1e-3) -> dict[str, Any]:
        """One row: every library that does this job, in turn."""
        import numpy as np

        from . import images, oracle, peers

        first = images.inputs(case.image)
        count = buffer_count(sum(image.nbytes for image in first), case.image.count, self.inputs)
        buffers = [first] + [images.copies(first) for _ in range(count - 1)]
        expected = oracle.expected(case, first)
        jobs: list[tuple[Entry, peers.Job]] = []
        skipped: dict[str, str] = dict(self.missing)
        for library in self.libraries:
            try:
                for job in library.jobs(case, buffers):
                    maximum, mean = difference(job.picture(), expected, case.level)
                    ok = maximum <= job.bound.maximum and mean <= job.bound.mean
                    jobs.append((Entry(library.name, job.variant, job.out, job.note, maximum, mean, ok), job))
            except peers.Skip as skip:
                skipped[library.name] = str(skip)
            except Exception as error:  # a peer that breaks is a row without it, not a broken run
                skipped[library.name] = f"{type(error).__name__}: {error}"
        del expected
        bandwidth = self.copy.gigabytes_per_second()
        gc.collect()
        gc.disable()
        try:
            for _, job in jobs:
                job.sample(count)  # every buffer once: pages of a fresh `out` are given on first touch
            before = time.perf_counter(), self._others()
            _take_turns(jobs, self.threads, seconds, least_sample)
            others = max(0.0, self._others() - before[1]) / (time.perf_counter() - before[0])
        finally:
            gc.enable()
            for _, job in jobs:
                job.close()
        return {
            "case": case.name,
            "op": case.op,
            "row": case.row,
            "threads": self.threads,
            "target": case.target_at(self.threads),
            "traffic": case.traffic,
            "pixels": int(np.prod(case.image.size)) * case.image.count,
            "inputs": "cold" if count > 1 else "warm",
            "buffers": count,
            "copy_gbs": bandwidth,
            "load": os.getloadavg()[0],
            "others": round(others, 2),
            "entries": [entry.summary() for entry, _ in jobs],
            "skipped": skipped,
        }

    def _others(self) -> float:
        """CPU seconds that this machine has spent so far on what is none of ours; 0 where Linux does not tell."""
        try:
            ticks = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
        except OSError:
            return 0.0
        idle = ticks[3] + ticks[4] + sum(ticks[8:])  # guest time is in user time already
        mine = time.process_time() + sum(library.cpu_seconds() for library in self.libraries)
        return (sum(ticks) - idle) / os.sysconf("SC_CLK_TCK") - mine

    def close(self) -> None:
        for library in self.libraries:
            library.close()


def _take_turns(jobs: list[tuple[Entry, Any]], threads: int, seconds: float, least_sample: float) -> None:
    from .peers.base import settle

    if not jobs:
        return
    begin = 0  # the buffer whose turn it is, as one rotation serves all

    def sample(job: Any, calls: int) -> float:
        nonlocal begin
        begin += calls
        return float(job.sample(calls, begin - calls))

    guesses = []
    length = max(least_sample, seconds / MOST_ROUNDS / len(jobs))
    for entry, job in jobs:
        sample(job, 1)
        guess = sample(job, 1)
        if guess < least_sample:
            guess = min(guess, sample(job, max(1, min(1000, int(least_sample / guess / 4)))))
        entry.calls = max(1, round(length / guess))
        guesses.append(guess)
    # A library ten times slower than the fastest decides nothing: three samples of it do.
    fastest = min(guesses)
    limits = [3 if guess > 10 * fastest and guess * 9 > seconds / 10 else 1 << 30 for guess in guesses]
    start = time.perf_counter()
    turn = 0
    while turn < 7 or (time.perf_counter() - start < seconds and turn < MOST_ROUNDS):
        for position in range(len(jobs)):
            index = (position + turn) % len(jobs)
            entry, job = jobs[index]
            if len(entry.samples) < limits[index]:
                if threads > 1:
                    settle(SETTLE_SECONDS)
                    each, made = job.warm_sample(entry.calls, begin, WARM_SECONDS)
                    begin += made
                else:
                    each = sample(job, entry.calls)
                entry.samples.append(each)
        turn += 1
        if turn >= 3 and time.perf_counter() - start > 4 * seconds:
            break
    for entry, _ in jobs:
        entry.rounds = len(entry.samples)


def difference(picture: Any, expected: Any, level: float) -> tuple[float, float]:
    """Largest and mean absolute difference in 8-bit levels; infinite where shapes differ or values are not finite."""
    import numpy as np

    if picture.shape != expected.shape:
        return float("inf"), float("inf")
    gap = np.abs(picture.astype(np.float32) - expected) / np.float32(level)
    if not np.isfinite(gap).all():
        return float("inf"), float("inf")
    return float(gap.max(initial=0)), float(gap.mean(dtype=np.float64))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="+", help="full names of cases")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=1.0, help="time for the samples of a row")
    parser.add_argument("--inputs", choices=("cold", "warm"), default="cold")
    parser.add_argument("--peers", help="comma-separated; all by default")
    options = parser.parse_args(arguments)
    cores = pin(options.threads)
    os.environ.update(thread_environment(options.threads))
    # Whatever a library prints must not get between the lines of JSON.
    lines = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    from .cases import CASES

    known = {case.name: case for case in CASES}
    only = options.peers.split(",") if options.peers else None
    bench = Bench(options.threads, only, options.inputs)
    print(json.dumps({"header": {"cores": cores, **bench.header()}}), file=lines)
    try:
        for name in options.cases:
            print(json.dumps({"result": bench.run(known[name], options.seconds)}), file=lines)
    finally:
        bench.close()


if __name__ == "__main__":
    main()
