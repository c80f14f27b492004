"""The measured table for performance.md: from the newest run in bench/results, else the one that the README holds."""

from __future__ import annotations

import re
from pathlib import Path

from bench import results, table

ROOT = Path(__file__).resolve().parent.parent


def measured() -> str:
    runs = sorted((ROOT / "bench" / "results").glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in runs:
        try:
            page = table.markdown(results.load(path))
        except (ValueError, KeyError):  # some other JSON, or of another version
            continue
        return re.sub(r"\A# .*\n+", "", page)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    block = re.search(r"<!-- bench:start -->\s*(.*?)\s*<!-- bench:end -->", readme, re.DOTALL)
    if block is not None and "|" in block[1]:
        return block[1] + "\n"
    return "There is no run of the benchmarks in this copy: `make bench` makes one.\n"


def write(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(measured(), encoding="utf-8")
