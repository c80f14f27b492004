"""``python -m bench``: measure, print, and write JSON. One child process per thread count does the timing."""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from . import results, table
from .cases import CASES, Case, select
from .measure import thread_environment
from .peers import names

ROOT = Path(__file__).resolve().parents[1]


def machine(name: str | None) -> dict[str, Any]:
    cpu = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        fields = dict(line.replace("\t", "").split(":", 1) for line in lines if ":" in line)
        cpu = fields.get("model name", cpu).strip()
        if "cpu family" in fields:
            cpu += f" (family {fields['cpu family'].strip()} model {fields['model'].strip()})"
    except OSError:
        pass
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "name": name or cpu,
        "cpu": cpu,
        "cores": cores,
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
    }


def measure(cases: list[Case], threads: int, options: argparse.Namespace, run: dict[str, Any]) -> bool:
    """Run a child and take its rows into ``run`` as they come. False when it ended badly."""
    command = [sys.executable, "-m", "bench.measure", "--threads", str(threads), "--seconds", str(options.seconds)]
    command += ["--inputs", options.inputs] + (["--peers", options.peers] if options.peers else [])
    environment = {**os.environ, **thread_environment(threads), "PYTHONHASHSEED": "0"}
    command += [case.name for case in cases]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        try:
            for line in child.stdout:
                message = json.loads(line)
                if "header" in message:
                    run.update(
                        {key: message["header"][key] for key in ("libraries", "missing", "not_pinned", "pixlane")}
                    )
                    announce(run, threads, message["header"])
                else:
                    take(message["result"], run, options.verbose)
        except KeyboardInterrupt:
            child.terminate()
            raise
    return child.returncode == 0


def take(row: dict[str, Any], run: dict[str, Any], verbose: bool) -> None:
    run["rows"].append(row)
    print(f"[{len(run['rows'])}]", *(text for text in table.cells(row) if text), sep="  ", file=sys.stderr)
    if verbose:
        print("\n".join(table.all_times(row)), file=sys.stderr)


def announce(run: dict[str, Any], threads: int, header: dict[str, Any]) -> None:
    print(f"{threads} thread{'s' * (threads > 1)} on cores {header['cores']}: {table.machine(run)}", file=sys.stderr)
    for name, why in run["missing"].items():
        print(f"  without {name}: {why}", file=sys.stderr)
    for line in run["not_pinned"]:
        print(f"  {line}", file=sys.stderr)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description="pixlane against its peers, in turn")
    parser.add_argument("--quick", action="store_true", help="the speed table's rows only, a quarter of a second each")
    parser.add_argument("--only", action="append", default=[], metavar="PATTERN", help="part of a name, or a glob")
    parser.add_argument("--threads", default="1", help="comma-separated counts, such as 1,2")
    parser.add_argument("--seconds", type=float, help="time for the samples of a row (1, or 0.25 with --quick)")
    parser.add_argument("--inputs", choices=("cold", "warm"), default="cold", help="whether large inputs rotate")
    parser.add_argument("--peers", help=f"comma-separated, of {', '.join(names())}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the run; FILE.md gets the table")
    parser.add_argument("--merge", action="store_true", help="keep those rows of FILE that this run does not measure")
    parser.add_argument("--name", help="of the machine, for the results page")
    parser.add_argument("--verbose", action="store_true", help="every library's time, not only the fastest")
    parser.add_argument("--list", action="store_true", help="the cases, and nothing else")
    options = parser.parse_args(arguments)
    if options.list:
        print("\n".join(f"{case.name:64}{case.target:5g}  {case.row}" for case in CASES))
        return 0
    options.seconds = options.seconds or (0.25 if options.quick else 1.0)
    try:
        cases = select(options.only, options.quick)
        counts = [int(count) for count in options.threads.split(",")]
        old = results.load(options.json) if options.merge and options.json and options.json.exists() else None
        if unknown := set(options.peers.split(",") if options.peers else ()) - set(names()):
            raise ValueError(f"unknown peers {', '.join(sorted(unknown))}; known: {', '.join(names())}")
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    run: dict[str, Any] = {
        "schema": results.SCHEMA,
        "started": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "machine": machine(options.name),
        "inputs": options.inputs,
        "rows": [],
        "libraries": {},
        "missing": {},
        "not_pinned": [],
        "pixlane": None,
    }
    good, interrupted = True, False
    try:
        for count in counts:
            good &= measure(cases, count, options, run)
    except KeyboardInterrupt:
        interrupted = True
        print("interrupted: keeping the rows measured so far", file=sys.stderr)
    wrong = [(row["case"], entry["library"]) for row in run["rows"] for entry in results.wrong(row)]
    if old is not None:
        run = results.merge(old, run)
    print()
    table.print_rows(run["rows"])
    print(*table.summary(run["rows"]), sep="\n")
    for name, library in wrong:
        print(f"WRONG PICTURE: {library} on {name}", file=sys.stderr)
    if options.json:
        results.save(run, options.json)
        options.json.with_suffix(".md").write_text(table.markdown(run))
    if interrupted:
        return 130
    return 1 if wrong or not good else 0


if __name__ == "__main__":
    sys.exit(main())
