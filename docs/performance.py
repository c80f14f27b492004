"""What performance.md shows: the table of the newest run in bench/results, and the cost of filters over their size."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from bench import results, table

matplotlib.rcParams["svg.hashsalt"] = "pixlane"  # the same picture has the same bytes

ROOT = Path(__file__).resolve().parent.parent


#: Filters whose cases differ in a size, and what it is called.
CURVES = {
    "correlate": "side of the kernel",
    "box_blur": "side",
    "gaussian_blur": "sigma",
    "median_blur": "side",
    "erode": "side",
}


def newest() -> dict[str, Any] | None:
    runs = sorted((ROOT / "bench" / "results").glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in runs:
        try:
            return results.load(path)
        except (ValueError, KeyError):  # some other JSON, or of another version
            continue
    return None


def measured(run: dict[str, Any] | None) -> str:
    if run is not None:
        return re.sub(r"\A# .*\n+", "", table.markdown(run))
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    block = re.search(r"<!-- bench:start -->\s*(.*?)\s*<!-- bench:end -->", readme, re.DOTALL)
    if block is not None and "|" in block[1]:
        return block[1] + "\n"
    return "There is no run of the benchmarks in this copy: `make bench` makes one.\n"


def curve(run: dict[str, Any], op: str, name: str) -> Figure | None:
    """Milliseconds over the size, ours and the fastest other library's, of 1080p images with three channels."""
    figure = Figure((5.2, 3.2), layout="constrained")
    axes = figure.subplots()
    for colour, (dtype, words) in enumerate({"u8": "uint8", "f32": "float32"}.items()):
        points = []
        for row in run["rows"]:
            found = re.fullmatch(rf"{op}/1080p-{dtype}x3/(?:sigma)?([\d.]+)(?:x\d+)?", row["case"])
            ours, peer = results.ours(row, out=False), results.fastest_peer(row, out=False)
            if found and row["threads"] == 1 and ours:
                points.append((float(found[1]), ours["median"] * 1e3, peer["median"] * 1e3 if peer else float("nan")))
        if len(points) < 3:
            continue
        sizes, mine, theirs = zip(*sorted(points), strict=True)
        axes.plot(sizes, mine, f"C{colour}o-", label=f"pixlane, {words}")
        axes.plot(sizes, theirs, f"C{colour}o:", markerfacecolor="white", label=f"fastest other, {words}")
    if not axes.lines:
        return None
    axes.set(xscale="log", yscale="log", xlabel=name, ylabel="ms", title=f"{op}, 1080p, 3 channels, one thread")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.grid(alpha=0.3, which="both")
    axes.legend(fontsize="small")
    return figure


def write(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    run = newest()
    (folder / "performance.md").write_text(measured(run), encoding="utf-8")
    pictures = []
    for op, name in CURVES.items() if run is not None else ():
        assert run is not None
        figure = curve(run, op, name)
        if figure is not None:
            figure.savefig(folder / f"{op}.svg", metadata={"Date": None})
            pictures.append(f"![{op}: milliseconds over the {name}](_build/{op}.svg)\n")
    (folder / "curves.md").write_text("\n".join(pictures) or "None were measured in this copy.\n", encoding="utf-8")
