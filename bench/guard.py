"""The guard against regressions, made for noisy machines.

    python -m bench.guard              # 0: fine, 1: something became slower, 2: cannot be judged here
    python -m bench.guard --update     # take today's figures as the ones to keep, in bench/instructions.json

Two measures of each case, neither of them a time:

instructions
    What callgrind counts during a few calls, all of the call: Python, binding, kernel. The same to a part in a
    thousand, whatever else the machine runs. The count is of the v3 path (``PIXLANE_ISA=x86-64-v3``): callgrind knows
    no AVX-512. ``os.getppid()`` marks where a case begins and ends: ``--dump-before`` takes the name of a C function.
ratios
    Time of a call / time of a calibration loop in NumPy that runs in turn with it, least of many rounds. Load and clock
    divide out, roughly, so the tolerance is wide. It catches what instructions do not show: cache misses, a lost
    prefetch, a lock. A ratio means something only on the kind of CPU that it was taken on; elsewhere it is shown, not
    judged.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import filters
from .cases import AFFINE, TILTED, Case, Image, moves, normalize, order, preprocess, resize, sums, warps
from .measure import pin, thread_environment

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "bench" / "instructions.json"
ISA = "x86-64-v3"
SCHEMA = "pixlane-guard/1"
TOLERANCE = {"instructions": 1.05, "ratios": 1.6}
# Another compiler vectorises otherwise, another interpreter has another overhead: only what is gross is judged then.
FOREIGN_TOLERANCE = 1.5
# Counted under callgrind, which is some fifty times slower than the machine: small images, and few calls.
CALLS = 3
ROUNDS = 40


def _image(height: int, width: int, dtype: str = "u8", channels: int = 3, view: str = "") -> Image:
    # The content is of no consequence, and importing scikit-image would take most of the time.
    return Image((height, width), dtype, channels, "synthetic", view)


GUARDED: tuple[Case, ...] = (
    resize(_image(270, 480), (112, 112), "bilinear"),
    resize(_image(270, 480), (112, 112), "lanczos"),
    resize(_image(270, 480), (112, 112), "area"),
    resize(_image(270, 480), (135, 240), "bicubic"),
    resize(_image(270, 480), (135, 240), "area"),
    resize(_image(128, 128), (256, 256), "bilinear"),
    resize(_image(128, 128), (256, 256), "nearest"),
    resize(_image(270, 480, channels=1), (112, 112), "bilinear"),
    resize(_image(270, 480, channels=4), (112, 112), "bilinear"),
    resize(_image(270, 480, "u16"), (180, 320), "bicubic"),
    resize(_image(270, 480, "f32"), (180, 320), "bilinear"),
    resize(_image(270, 480, view="chw"), (112, 112), "bilinear"),
    resize(_image(32, 32), (16, 16), "bilinear"),
    normalize(_image(270, 480)),
    normalize(_image(270, 480), layout_out="CHW"),
    normalize(_image(32, 32)),
    preprocess(_image(270, 480), resize=128, crop=112),
    warps("rotate", _image(270, 480), "bilinear", angle=15),
    warps("rotate", _image(270, 480, "f32"), "bilinear", angle=15),
    warps("rotate", _image(270, 480), "lanczos", angle=15),
    warps("remap", _image(270, 480), "bilinear"),
    moves("flip", _image(270, 480), direction="horizontal"),
    moves("rot90", _image(270, 480), k=1),
    moves("transpose", _image(270, 480), layout_out="CHW"),
    moves("flip", _image(32, 32), direction="horizontal"),
    warps("affine", _image(270, 480), "bicubic", matrix=AFFINE),
    warps("perspective", _image(270, 480), "bilinear", matrix=TILTED),
    warps("elastic", _image(128, 128), "bilinear", alpha=50.0, sigma=4.0, seed=7),
    moves("crop", _image(270, 480), box=(20, 10, 400, 250), copy=True),
    moves("pad", _image(270, 480), padding=16, border="reflect"),
    moves("pyramid_down", _image(270, 480)),
    moves("pyramid_up", _image(135, 240)),
    sums("correlate", _image(270, 480), kernel=filters.dense(5)),
    sums("correlate", _image(270, 480, "f32"), kernel=filters.dense(5)),
    sums("convolve_separable", _image(270, 480), kernel_y=filters.line(9), kernel_x=filters.line(9)),
    sums("sobel", _image(270, 480), axis="x"),
    sums("scharr", _image(270, 480, "f32"), axis="x"),
    sums("laplacian", _image(270, 480)),
    sums("convolve", _image(270, 480), kernel=filters.dense(4)),
    sums("box_blur", _image(270, 480), size=15),
    sums("box_blur", _image(270, 480, "f32"), size=15),
    sums("correlate", _image(32, 32), kernel=filters.dense(3)),
    sums("gaussian_blur", _image(270, 480), sigma=1),
    sums("gaussian_blur", _image(270, 480, "f32"), sigma=2),
    sums("gaussian_blur", _image(270, 480), sigma=8),
    sums("gaussian_blur", _image(270, 480, "f32"), sigma=15),
    sums("unsharp_mask", _image(270, 480), sigma=1),
    sums("unsharp_mask", _image(270, 480), sigma=8),
    order("erode", _image(270, 480), footprint=5),
    order("erode", _image(270, 480, "f32"), footprint=31),
    order("dilate", _image(270, 480), footprint=15, shape="ellipse"),
    order("opening", _image(270, 480), footprint=5),
    order("closing", _image(270, 480, "f32"), footprint=5),
    order("morphological_gradient", _image(270, 480), footprint=5),
    order("top_hat", _image(270, 480), footprint=9),
    order("median_blur", _image(270, 480), footprint=3, border="edge"),
    order("median_blur", _image(270, 480, "f32"), footprint=5, border="edge"),
    order("median_blur", _image(128, 128), footprint=15, border="edge"),
    order("rank_filter", _image(128, 128), footprint=5, rank=4, border="edge"),
    order("percentile_filter", _image(128, 128), footprint=7, percentile=75, border="edge"),
    order("minimum_filter", _image(270, 480), footprint=9),
    order("maximum_filter", _image(270, 480, "f32"), footprint=9),
)


@dataclass(frozen=True)
class Finding:
    """What one measure says of one case."""

    measure: str
    case: str
    kept: float | None
    now: float | None
    verdict: str  # "same", "faster", "slower", "new" (nothing kept), "gone" (not measured), "not judged"

    @property
    def bad(self) -> bool:
        return self.verdict in ("slower", "new", "gone")

    def __str__(self) -> str:
        change = f"{self.now / self.kept:8.3f}" if self.now and self.kept else " " * 8
        figures = "".join(f"{'' if value is None else format(value, '.6g'):>12}" for value in (self.kept, self.now))
        return f"{self.measure:13}{self.case:52}{figures}{change}  {self.verdict}"


def judge(measure: str, kept: Mapping[str, float], now: Mapping[str, float], tolerance: float) -> list[Finding]:
    """Compare each case's figure with the one that is kept: more than ``tolerance`` times it is slower."""
    findings = []
    for case in dict.fromkeys([*kept, *now]):
        old, new = kept.get(case), now.get(case)
        if old is None:
            verdict = "new"
        elif new is None:
            verdict = "gone"
        elif new > old * tolerance:
            verdict = "slower"
        else:
            verdict = "faster" if new * tolerance < old else "same"
        findings.append(Finding(measure, case, old, new, verdict))
    return findings


# ---- instructions


def count(cases: Sequence[Case] = GUARDED, work: int = 1) -> dict[str, float]:
    """Thousands of instructions per call. ``work`` calls count as one: by that the tests slow a run down."""
    if shutil.which("valgrind") is None:
        raise RuntimeError("valgrind is missing: apt-get install valgrind")
    with tempfile.TemporaryDirectory() as directory:
        names = [case.name for case in cases]
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={directory}/out", "--dump-before=getppid"]
        command += [sys.executable, "-m", "bench.guard", "--counted", str(work), *names]
        done = subprocess.run(command, cwd=ROOT, env=_environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode:
            raise RuntimeError(f"the counted run failed:\n{done.stdout.decode(errors='replace')}")
        # Dump 1 ends where the first case begins; then each case ends one dump, and what lies between them another.
        return {name: _total(Path(directory, f"out.{2 * i + 2}")) / CALLS / 1e3 for i, name in enumerate(names)}


def _environment() -> dict[str, str]:
    return {**os.environ, **thread_environment(1), "PIXLANE_ISA": ISA, "PYTHONHASHSEED": "0"}


def _total(dump: Path) -> int:
    found = re.search(r"^totals: (\d+)", dump.read_text(), re.MULTILINE)
    if found is None:
        raise RuntimeError(f"callgrind wrote no totals to {dump.name}")
    return int(found[1])


def _counted(cases: Sequence[Case], work: int) -> None:
    """What runs under callgrind."""
    calls = [call for _, call in _calls(cases)]
    for call in calls:
        call()
        call()  # plans and scratch memory are there by now
    gc.collect()
    gc.disable()
    for call in calls:
        call()
        os.getppid()
        for _ in range(CALLS * work):
            call()
        os.getppid()


def _calls(cases: Sequence[Case]) -> Iterator[tuple[str, Callable[[], Any]]]:
    from . import images, ours

    adaptor = ours.Adaptor(1)
    for case in cases:
        # Where an array begins in a cache line decides how many blocks a short row takes.
        arrays = images.copies(images.inputs(case.image))
        yield case.name, adaptor.call(case, arrays, adaptor.output(case, arrays))


# ---- ratios


def ratios(cases: Sequence[Case] = GUARDED, work: int = 1) -> dict[str, float]:
    """Time of each case / time of the calibration loop, in a process of its own that is held to one core."""
    command = [sys.executable, "-m", "bench.guard", "--timed", str(work), *(case.name for case in cases)]
    done = subprocess.run(command, cwd=ROOT, env=_environment(), stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise RuntimeError("the timed run failed")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _timed(cases: Sequence[Case], work: int) -> dict[str, float]:
    import numpy as np

    source = np.arange(1 << 16, dtype=np.float32)
    target = np.empty_like(source)

    def calibrate() -> None:
        """Arithmetic in cache and a little interpreter: what a call of ours is made of."""
        for _ in range(4):
            np.multiply(source, 0.5, out=target)
            np.add(target, source, out=target)

    def clock(call: Callable[[], Any], calls: int) -> float:
        start = time.perf_counter_ns()
        for _ in range(calls):
            call()
        return (time.perf_counter_ns() - start) / calls

    calibrate()
    found = {}
    for name, call in _calls(cases):
        call()
        once = min(clock(call, 1) for _ in range(3))
        calls = max(1, round(2e5 / once)) * work
        samples = [(clock(call, calls) * work, clock(calibrate, 8)) for _ in range(ROUNDS)]
        found[name] = min(ours for ours, _ in samples) / min(calibration for _, calibration in samples)
    return found


# ---- what is kept


def kind_of_machine() -> str:
    with contextlib.suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        fields = {line.split(":")[0].strip(): line.split(":", 1)[1].strip() for line in lines if ":" in line}
        return "{model name}, family {cpu family} model {model}".format(**fields)
    return "unknown"


def made_with() -> dict[str, str]:
    """What the counts depend on beside the sources: compiler and interpreter."""
    import pixlane

    info = pixlane.info()
    if not info["native"]:
        raise RuntimeError("pixlane runs without its native core here; there is nothing to guard")
    compiler = "unknown"
    library = sys.modules.get("pixlane._native")
    if library is not None and library.__file__:
        found = re.search(rb"(GCC: \([^)]*\) [\d.]+|clang version [\d.]+)", Path(library.__file__).read_bytes())
        compiler = found[0].decode() if found else compiler
    return {"compiler": compiler, "python": "{}.{}".format(*sys.version_info[:2])}


def load(path: Path = KEPT) -> dict[str, Any]:
    kept: dict[str, Any] = json.loads(path.read_text())
    if kept.get("schema") != SCHEMA:
        raise RuntimeError(f"{path.name} is of schema {kept.get('schema')!r}, not {SCHEMA!r}: run with --update")
    return kept


def verdicts(kept: Mapping[str, Any], now: Mapping[str, Any]) -> list[Finding]:
    """Every finding of a run, ``now`` having the form of the file that is kept."""
    findings = []
    if "instructions" in now:
        tolerance = TOLERANCE["instructions"] if now["made_with"] == kept["made_with"] else FOREIGN_TOLERANCE
        findings += judge("instructions", kept["instructions"], now["instructions"], tolerance)
    for machine, figures in now.get("ratios", {}).items():
        if machine in kept["ratios"]:
            findings += judge("ratios", kept["ratios"][machine], figures, TOLERANCE["ratios"])
        else:
            findings += [Finding("ratios", case, None, value, "not judged") for case, value in figures.items()]
    return findings


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.guard", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--update", action="store_true", help="keep today's figures")
    parser.add_argument("--instructions", action="store_true", help="count instructions only")
    parser.add_argument("--ratios", action="store_true", help="measure ratios only")
    parser.add_argument("--file", type=Path, default=KEPT, help="where the figures are kept")
    parser.add_argument("--work", type=int, default=1, help="slow the run down so many times, to see it caught")
    parser.add_argument("--counted", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--timed", type=int, help=argparse.SUPPRESS)
    parser.add_argument("cases", nargs="*", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    named = [case for case in GUARDED if case.name in options.cases]
    if options.counted:
        _counted(named, options.counted)
        return 0
    if options.timed:
        pin(1)
        print(json.dumps(_timed(named, options.timed)))
        return 0
    both = options.instructions == options.ratios
    try:
        now: dict[str, Any] = {"schema": SCHEMA, "isa": ISA, "made_with": made_with()}
        if both or options.instructions:
            now["instructions"] = count(work=options.work)
        if both or options.ratios:
            now["ratios"] = {kind_of_machine(): ratios(work=options.work)}
        if options.update:
            _keep(now, options.file)
            return 0
        findings = verdicts(load(options.file), now)
    except (ImportError, OSError, RuntimeError) as error:
        print(f"guard: {error}", file=sys.stderr)
        return 2
    return report(findings)


def _keep(now: dict[str, Any], path: Path) -> None:
    old = load(path) if path.exists() else {"ratios": {}, "instructions": {}}
    counts = now.get("instructions", old["instructions"])
    now["instructions"] = {name: round(value, 1) for name, value in counts.items()}
    fresh = {m: {name: float(f"{value:.3g}") for name, value in f.items()} for m, f in now.get("ratios", {}).items()}
    now["ratios"] = {**old["ratios"], **fresh}
    path.write_text(json.dumps(now, indent=1) + "\n")
    print(f"kept {len(now['instructions'])} counts, and ratios of {len(now['ratios'])} kinds of machine, in {path}")


def report(findings: Sequence[Finding]) -> int:
    print(f"{'measure':13}{'case':52}{'kept':>12}{'now':>12}{'now/kept':>9}")
    print(*findings, sep="\n")
    bad = [finding for finding in findings if finding.bad]
    if any(finding.verdict == "faster" for finding in findings):
        print("faster than what is kept: python -m bench.guard --update makes it the new mark")
    for finding in bad:
        print(f"guard: {finding.measure} of {finding.case}: {finding.verdict}", file=sys.stderr)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
