"""What a run leaves behind: reading it, writing it, and what its rows say."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

SCHEMA = "pixlane-bench/2"
TEXTS = ("library", "variant", "note")  # of an entry: the same few in every row
PLAIN = "pixlane-bench/1"  # as written before: names and texts in full, and raw samples
MOST_OTHERS = 0.3  # cores
LEAST_SCALING = 1.7  # of two threads against one on large images, unless they are at that bound
LARGE_PIXELS = 1920 * 1080
SHARE_OF_BOUND = 0.9  # a row meets its target also by reaching this share of what the memory allows

Row = dict[str, Any]
Entry = dict[str, Any]


def load(path: str | Path) -> dict[str, Any]:
    """A run from JSON, or ``ValueError`` saying what is wrong with the file."""
    try:
        run = json.loads(Path(path).read_text())
    except (OSError, json.JSONDecodeError) as error:
        raise ValueError(f"{path}: {error}") from None
    if not isinstance(run, dict) or run.get("schema") not in (SCHEMA, PLAIN):
        found = run.get("schema") if isinstance(run, dict) else type(run).__name__
        raise ValueError(f"{path}: a file of schema {SCHEMA!r} is needed, this one has {found!r}")
    return _unpack(run)


def save(run: dict[str, Any], path: str | Path) -> None:
    """Write ``run``, complete or not at all."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    packed = _pack(run)
    lines = ",\n".join(json.dumps(row, separators=(",", ":")) for row in packed.pop("rows"))
    partial.write_text(json.dumps(packed, indent=1)[:-2] + f',\n "rows": [\n{lines}\n]\n}}\n')
    partial.replace(path)


def _pack(run: dict[str, Any]) -> dict[str, Any]:
    """What a file holds: entries as lists of values by "fields", texts as their numbers in "texts".

    The same few texts and names stand in every row, and would be most of the file.
    """
    fields = list(dict.fromkeys(field for row in run["rows"] for entry in row["entries"] for field in entry))
    numbers: dict[str, int] = {}

    def number(text: str) -> int:
        return numbers.setdefault(text, len(numbers))

    def values(entry: Entry) -> list[Any]:
        return [number(entry[field]) if field in TEXTS else entry[field] for field in fields]

    rows = [
        {
            **row,
            "entries": [values(entry) for entry in row["entries"]],
            "skipped": [[number(name), number(why)] for name, why in row["skipped"].items()],
        }
        for row in run["rows"]
    ]
    return {**run, "schema": SCHEMA, "fields": fields, "texts": list(numbers), "rows": rows}


def _unpack(packed: dict[str, Any]) -> dict[str, Any]:
    if packed["schema"] == PLAIN:
        for row in packed["rows"]:
            row["entries"] = [{key: entry[key] for key in entry if key != "samples"} for entry in row["entries"]]
        return {**packed, "schema": SCHEMA}
    fields, texts = packed["fields"], packed["texts"]

    def entry(values: list[Any]) -> Entry:
        return {f: texts[value] if f in TEXTS else value for f, value in zip(fields, values, strict=True)}

    rows = [
        {
            **row,
            "entries": [entry(values) for values in row["entries"]],
            "skipped": {texts[name]: texts[why] for name, why in row["skipped"]},
        }
        for row in packed["rows"]
    ]
    return {**{key: value for key, value in packed.items() if key not in ("fields", "texts")}, "rows": rows}


def merge(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """``new``, and those rows of ``old`` that it does not measure again."""
    measured = {(row["case"], row["threads"]) for row in new["rows"]}
    kept = [row for row in old["rows"] if (row["case"], row["threads"]) not in measured]
    order = {name: place for place, name in enumerate(_case_names())}
    rows = sorted(kept + new["rows"], key=lambda row: (row["threads"], order.get(row["case"], len(order))))
    return {**new, "rows": rows, "started": min(old["started"], new["started"])}


def _case_names() -> list[str]:
    from .cases import CASES

    return [case.name for case in CASES]


def ours(row: Row, *, out: bool, variant: str = "") -> Entry | None:
    """Our entry of the column: into a fresh array, or into ``out=``."""
    return next((e for e in _entries(row, ours=True) if e["out"] == out and e["variant"] == variant and e["ok"]), None)


def fastest_peer(row: Row, *, out: bool) -> Entry | None:
    """The fastest peer whose picture is right, treated alike: ``out=`` stands against ``out=``, fresh against fresh.

    The two are not alike. A fresh result gets the memory that the last one gave back, which is in the cache still,
    while ``out=`` goes round as the inputs do. A library without ``out=`` stands in both columns with what it has.
    """
    entries = [entry for entry in _entries(row, ours=False) if entry["ok"]]
    if out:
        given = {entry["library"] for entry in entries if entry["out"]}
        entries = [entry for entry in entries if entry["out"] or entry["library"] not in given]
    else:
        fresh = [entry for entry in entries if not entry["out"]]
        entries = fresh or entries
    return min(entries, key=lambda entry: entry["median"], default=None)


def _entries(row: Row, *, ours: bool) -> Iterable[Entry]:
    return (entry for entry in row["entries"] if (entry["library"] == "pixlane") == ours)


def ratio(row: Row, *, out: bool) -> float | None:
    """Peer time / our time."""
    mine, peer = ours(row, out=out), fastest_peer(row, out=out)
    return None if mine is None or peer is None else peer["median"] / mine["median"]


def gigabytes_per_second(row: Row, entry: Entry) -> float:
    return float(row["traffic"] / entry["median"] * 1e-9)


def share_of_copy(row: Row, entry: Entry) -> float:
    """Share of the copy bandwidth that was measured within the same row."""
    return gigabytes_per_second(row, entry) / float(row["copy_gbs"])


def scaling(row: Row) -> float | None:
    """Our time with one thread / with all, taken in turn in the same row."""
    one, all_ = ours(row, out=True, variant="1 thread"), ours(row, out=True)
    return None if one is None or all_ is None else one["median"] / all_["median"]


def falls_short(row: Row) -> bool:
    """Whether all threads neither are so much faster than one as large images ask for, nor at the copy bandwidth."""
    found, mine = scaling(row), ours(row, out=True)
    if found is None or mine is None or row["pixels"] < LARGE_PIXELS or found >= LEAST_SCALING:
        return False
    return row["inputs"] != "cold" or share_of_copy(row, mine) < SHARE_OF_BOUND


def verdict(row: Row, *, out: bool) -> str:
    """ "met", "bound" (the memory allows no more), "short", "slower" than the peer, or "" when there is no ratio."""
    found, mine = ratio(row, out=out), ours(row, out=out)
    if found is None or mine is None:
        return ""
    if found >= row["target"]:
        return "met"
    if found >= 1 and row["inputs"] == "cold" and share_of_copy(row, mine) >= SHARE_OF_BOUND:
        return "bound"
    return "short" if found >= 1 else "slower"


def disturbed(row: Row) -> bool:
    """Whether other processes used so much of the machine that the row should be measured again."""
    return float(row["others"]) > MOST_OTHERS


def wrong(row: Row) -> list[Entry]:
    """Entries whose picture is not the row's."""
    return [entry for entry in row["entries"] if not entry["ok"]]


def geometric_mean(values: Iterable[float | None]) -> float | None:
    logs = [math.log(value) for value in values if value is not None]
    return math.exp(sum(logs) / len(logs)) if logs else None


def means(rows: list[Row], *, out: bool) -> dict[str, float | None]:
    """Geometric means of the ratios: over the rows of the speed table, and over all."""
    return {
        "table": geometric_mean(ratio(row, out=out) for row in rows if row["row"] != "own"),
        "all": geometric_mean(ratio(row, out=out) for row in rows),
    }
