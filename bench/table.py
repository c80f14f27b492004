"""Tables from a run's JSON, for the terminal, bench/results/*.md and the README.

python -m bench.table FILE            # Markdown, every row
python -m bench.table FILE --readme   # the short table of the README: the rows of the speed table, one thread
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Callable, Sequence
from typing import Any

from . import results
from .results import Row

HEADINGS = ["case", "thr", "ms", "out=", "peer", "its ms"]
HEADINGS += ["ratio", "out= ratio", "target", "GB/s", "of copy", "verdict"]
NUMERIC = set(range(1, 4)) | set(range(5, 11))


def milliseconds(seconds: float | None) -> str:
    if seconds is None:
        return ""
    if seconds < 1e-4:
        return f"{seconds * 1e3:.4f}"
    return f"{seconds * 1e3:.3g}" if seconds < 1 else f"{seconds * 1e3:.0f}"


def _median(entry: dict[str, Any] | None) -> float | None:
    return None if entry is None else entry["median"]


def _number(value: float | None, form: str = "{:.2f}") -> str:
    return "" if value is None else form.format(value)


def cells(row: Row) -> list[str]:
    """One line of the long table, by ``HEADINGS``."""
    fresh, out = results.ours(row, out=False), results.ours(row, out=True)
    peer = results.fastest_peer(row, out=False)
    best = fresh or peer
    verdicts = [results.verdict(row, out=flag) for flag in (False, True)]
    verdict = verdicts[0] if verdicts[0] == verdicts[1] or not verdicts[1] else " / ".join(verdicts)
    if results.disturbed(row):
        verdict = f"{verdict} (others used {row['others']:.1f} cores)".strip()
    if results.wrong(row):
        wrong = sorted({entry["library"] for entry in results.wrong(row)})
        verdict = f"{verdict} (wrong picture: {', '.join(wrong)})".strip()
    return [
        row["case"],
        str(row["threads"]),
        milliseconds(_median(fresh)),
        milliseconds(_median(out)),
        peer_name(peer),
        milliseconds(_median(peer)),
        _number(results.ratio(row, out=False)),
        _number(results.ratio(row, out=True)),
        f"{row['target']:g}",
        _number(results.gigabytes_per_second(row, best) if best else None, "{:.1f}"),
        _number(100 * results.share_of_copy(row, best) if best else None, "{:.0f} %"),
        verdict,
    ]


def peer_name(entry: dict[str, Any] | None) -> str:
    if entry is None:
        return ""
    variant = f" ({entry['variant']})" if entry["variant"] else ""
    return f"{entry['library']}{variant}"


def machine(run: dict[str, Any]) -> str:
    """The line over a table: what ran where and when."""
    m = run["machine"]
    libraries = ", ".join(f"{name} {version}" for name, version in run["libraries"].items())
    copies = [row["copy_gbs"] for row in run["rows"] if row["threads"] == 1]
    copy = f"; copies move {statistics.median(copies):.0f} GB/s, read plus write, on one core" if copies else ""
    isa = (run.get("pixlane") or {}).get("isa")
    return (
        f"{m['cpu']}, {m['cores']} cores{f', instruction set {isa}' if isa else ''}, Python {m['python']}, "
        f"{run['started'][:10]}{copy}. {libraries}."
    )


def summary(rows: Sequence[Row]) -> list[str]:
    """Geometric means and counts, a line per thread count."""
    lines = []
    for threads in sorted({row["threads"] for row in rows}):
        some = [row for row in rows if row["threads"] == threads]
        parts = []
        for out, label in ((False, "fresh"), (True, "out=")):
            means = results.means(some, out=out)
            verdicts = [results.verdict(row, out=out) for row in some]
            if means["all"] is None:
                continue
            table = f"{means['table']:.2f} over the table's rows, " if means["table"] else ""
            parts.append(
                f"{label}: {table}{means['all']:.2f} over all; "
                + ", ".join(f"{verdicts.count(v)} {v}" for v in ("met", "bound", "short", "slower") if v in verdicts)
            )
        if parts:
            many = "s" * (threads > 1)
            lines.append(f"{threads} thread{many}, geometric mean of peer time / our time: " + ". ".join(parts))
        large = [row for row in some if row["pixels"] >= results.LARGE_PIXELS]
        scalings = [(row["case"], found) for row in large if (found := results.scaling(row))]
        if scalings:
            least = min(scalings, key=lambda pair: pair[1])
            mean = results.geometric_mean(s for _, s in scalings)
            lines.append(
                f"{threads} threads against one, from 1080p up: {mean:.2f} times, least {least[1]:.2f} ({least[0]}); "
                f"{sum(map(results.falls_short, large))} of {len(scalings)} below {results.LEAST_SCALING} "
                f"and {results.SHARE_OF_BOUND:.0%} of the copy bandwidth"
            )
    return lines


def markdown(run: dict[str, Any]) -> str:
    """The page of bench/results/."""
    lines = [f"# {run['machine']['name']}, {run['started'][:10]}", "", machine(run), ""]
    lines += [
        "Times are medians in milliseconds: of pixlane into a fresh array, into `out=`, and of the fastest peer",
        "that does the same job. Ratio is peer time / our time, measured in turn. GB/s counts bytes once in, once",
        "out. Verdict: *met* the target; *bound*, at 90 % of the copy bandwidth or more; *short* of it; *slower* than",
        "the peer.",
        "",
    ]
    lines += _markdown(HEADINGS, [cells(row) for row in run["rows"]], NUMERIC)
    lines += ["", *(f"- {line}" for line in summary(run["rows"]))]
    lines += [f"- not here: {name}: {why}" for name, why in run["missing"].items()]
    notes = sorted({(e["library"], e["note"]) for row in run["rows"] for e in row["entries"] if e["note"]})
    lines += [f"- {library}: {note}" for library, note in notes]
    return "\n".join(lines) + "\n"


def readme(run: dict[str, Any]) -> str:
    """The README's table: one line per row of the speed table, one thread, fresh results."""
    body = []
    for row in run["rows"]:
        mine, peer = results.ours(row, out=False), results.fastest_peer(row, out=False)
        found = results.ratio(row, out=False)
        if row["row"] == "own" or mine is None or peer is None or found is None:
            continue
        if row["threads"] != (2 if "list" in row["case"] else 1):
            continue
        job = row["case"].replace("/", " ", 1).replace("/", " to " if row["op"] == "resize" else " ", 1)
        if row["threads"] > 1:
            job += f" ({row['threads']} threads)"
        body.append([job, milliseconds(mine["median"]), peer_name(peer), milliseconds(peer["median"]), f"{found:.1f}x"])
    lines = _markdown(["job", "pixlane ms", "fastest other", "its ms", "faster"], body, {1, 3, 4})
    mean = results.means([row for row in run["rows"] if row["threads"] == 1], out=False)["table"]
    if mean:
        lines += ["", f"Geometric mean {mean:.1f}x. {machine(run)}"]
    return "\n".join(lines) + "\n"


def _markdown(headings: list[str], body: list[list[str]], numeric: set[int]) -> list[str]:
    rule = ["---:" if i in numeric else "---" for i in range(len(headings))]
    return ["| " + " | ".join(line) + " |" for line in [headings, rule, *body]]


def print_rows(rows: Sequence[Row], write: Callable[[str], Any] = print) -> None:
    """A plain table for the terminal."""
    table = [HEADINGS, *(cells(row) for row in rows)]
    widths = [max(len(line[i]) for line in table) for i in range(len(HEADINGS))]
    for line in table:
        sides = enumerate(zip(line, widths, strict=True))
        write("  ".join(text.rjust(w) if i in NUMERIC else text.ljust(w) for i, (text, w) in sides))


def all_times(row: Row) -> list[str]:
    """Every library's time in a row, fastest first, for ``--verbose``."""
    lines = []
    for entry in sorted(row["entries"], key=lambda entry: entry["median"]):
        error = "" if entry["ok"] else f"  WRONG PICTURE: {entry['maximum']:.2g} / {entry['mean']:.2g} levels"
        spread = (entry["q3"] - entry["q1"]) / entry["median"] * 100
        name = peer_name(entry) + (" out=" if entry["out"] else "")
        lines.append(f"    {name:32}{milliseconds(entry['median']):>9} ms  quartiles {spread:3.0f} %{error}")
    return lines + [f"    {name:32}  skipped: {why}" for name, why in row["skipped"].items()]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("--readme", action="store_true")
    options = parser.parse_args(arguments)
    try:
        run = results.load(options.file)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    print(readme(run) if options.readme else markdown(run), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
