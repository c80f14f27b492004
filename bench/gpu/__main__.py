"""Build, check and time the CUDA backend with what is installed, and write a report: ``python -m bench.gpu``.

Nothing is fetched: Python with NumPy, CuPy, pybind11 and scikit-build-core, cmake, ninja, nvcc and a C++ compiler have
to be there. Each step is a process of its own with a limit, all of them together stay under nine minutes, and one that
fails leaves the others their say. The report is written after each step, so that none is lost.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "build" / "gpu-site"
SECONDS = 530.0  # in all


class Report:
    """The steps so far, as JSON and as a page beside it."""

    def __init__(self, path: Path) -> None:
        self.path, self.steps = path, list[dict[str, Any]]()

    def add(self, step: dict[str, Any]) -> None:
        self.steps.append(step)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.with_suffix(".json").write_text(json.dumps(self.steps, indent=1) + "\n")
        self.path.with_suffix(".md").write_text(self.page())

    def page(self) -> str:
        lines = ["# The CUDA backend on a GPU", "", "| step | outcome | seconds |", "|---|---|---|"]
        lines += [f"| {step['name']} | {step['outcome']} | {step['seconds']:.0f} |" for step in self.steps]
        for step in self.steps:
            lines += ["", f"## {step['name']}", ""]
            rows = step["rows"]
            if step["name"] == "timing" and rows:
                lines += table(rows)
            elif rows:
                failed = [row for row in rows if not row.get("ok", True)]
                lines.append(f"{len(rows) - len(failed)} passed, {len(failed)} failed")
                lines += [f"- **{row['name']}**: {row['error']}" for row in failed]
            if step["outcome"] != "passed" or not rows:
                lines += ["", "```", *step["tail"], "```"]
        return "\n".join(lines) + "\n"


def table(rows: list[dict[str, Any]]) -> list[str]:
    """Return the rows of the timing as a table: microseconds, share of the copy bandwidth, ratios to the others."""
    lines = ["| case | ours, us | GB/s | share of a copy | others, us |", "|---|---|---|---|---|"]
    for row in rows:
        others = ", ".join(
            f"{name} {time:.1f} ({time / row['ours']:.1f}x)" if isinstance(time, float) else f"{name}: {time}"
            for name, time in row["others"].items()
        )
        lines.append(
            f"| {row['name']} | {row['ours']:.1f} | {row['bandwidth']:.0f} | {row['share']:.0%} | {others} |"
            if isinstance(row["ours"], float)
            else f"| {row['name']} | {row['ours']} | | | |"
        )
    return lines


def run(name: str, command: list[str], limit: float, environment: dict[str, str]) -> dict[str, Any]:
    """Run a step; lines of its output that are JSON objects are its rows."""
    begin = time.monotonic()
    print(f"==== {name} (at most {limit:.0f} s)", flush=True)
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=environment,
            timeout=limit,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        output, outcome = done.stdout, "passed" if done.returncode == 0 else f"failed ({done.returncode})"
    except subprocess.TimeoutExpired as error:
        output = error.stdout.decode(errors="replace") if isinstance(error.stdout, bytes) else error.stdout or ""
        outcome = f"cut off after {limit:.0f} s"
    except OSError as error:
        output, outcome = str(error), "failed"
    rows, tail = [], []
    for line in output.splitlines():
        if line.startswith("{"):
            rows.append(json.loads(line))
        else:
            tail.append(line)
    print("\n".join(tail[-30:]), f"\n==== {name}: {outcome}", flush=True)
    seconds = time.monotonic() - begin
    return {"name": name, "outcome": outcome, "seconds": seconds, "rows": rows, "tail": tail[-60:]}


def steps(quick: bool) -> list[tuple[str, list[str], float]]:
    """Return the steps: name, command, most seconds."""
    python = sys.executable
    settings = [
        "cmake.define.PIXLANE_CUDA=ON",
        "cmake.define.PIXLANE_CUDA_HOST=OFF",
        f"build-dir={ROOT / 'build' / 'gpu-build'}",
    ]
    build = [python, "-m", "pip", "install", "--no-build-isolation", "--no-deps", "--no-index", "--upgrade"]
    build += ["--target", str(SITE), *(f"--config-settings={setting}" for setting in settings), "."]
    found: list[tuple[str, list[str], float]] = [
        ("machine", ["nvidia-smi", "-L"], 20),
        ("compiler", ["nvcc", "--version"], 20),
        ("build", build, 300),
        ("checks", [python, "-m", "bench.gpu.checks"], 100),
        ("timing", [python, "-m", "bench.gpu.timing"], 110),
    ]
    sanitizer = shutil.which("compute-sanitizer") or "/usr/local/cuda/bin/compute-sanitizer"
    if not quick and Path(sanitizer).exists():
        for tool in ("memcheck", "racecheck"):
            command = [sanitizer, "--tool", tool, "--error-exitcode", "9", python, "-m", "bench.gpu.checks", "--few"]
            found.append((tool, command, 75))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.gpu", description=__doc__)
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    parser.add_argument(
        "--report", type=Path, default=ROOT / "bench" / "results" / f"{today}-gpu", help="without suffix"
    )
    parser.add_argument("--quick", action="store_true", help="without compute-sanitizer")
    options = parser.parse_args()
    begin = time.monotonic()
    report = Report(options.report)
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([os.environ.get("PATH", ""), "/usr/local/cuda/bin"]),
        "PYTHONPATH": f"{SITE}{os.pathsep}{ROOT}",
        "PIXLANE_REQUIRE_NATIVE": "1",
        "CMAKE_BUILD_PARALLEL_LEVEL": str(os.cpu_count() or 2),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
    for name, command, limit in steps(options.quick):
        left = SECONDS - (time.monotonic() - begin)
        if left < 5:
            break
        step = run(name, command, min(limit, left), environment)
        report.add(step)
        if name == "build" and step["outcome"] != "passed":
            break
    print(f"{options.report}.md")
    return 0 if all(step["outcome"] == "passed" for step in report.steps) else 1


if __name__ == "__main__":
    raise SystemExit(main())
