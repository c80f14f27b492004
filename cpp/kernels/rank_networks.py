"""Makes rank_networks.h: ``python cpp/kernels/rank_networks.py`` (some minutes, nearly all of them for 7 x 7).

Two results below each other have all rows of their neighbourhoods in common but one each. Of the rows in common, the
core, only a few middle ranks can still be a median; a network puts these in order, for both. What each has alone, the
edge, is put in order, too, and the median then is the least of the larger ones of pairs, one of each.

A wire is written as an integer with one bit for each state of a core whose columns are sorted: a state is the number of
ones in each column. So two wires are put in order, in all states at once, by an "and" and an "or"; a step that would
change no state is left out, and so is what nobody reads. A network is right when the bits of its results are those of
the states with so many ones (the 0-1 principle).
"""

from __future__ import annotations

import random
from pathlib import Path

Wire = tuple[int, int]  # rank in its column, column
Step = tuple[Wire, Wire, int]  # which of the two is read later: the first (1), the second (2), both (3)

#: Networks that sort.
SORT = {
    2: [(0, 1)],
    3: [(0, 2), (0, 1), (1, 2)],
    4: [(0, 1), (2, 3), (0, 2), (1, 3), (1, 2)],
    5: [(0, 3), (1, 4), (0, 2), (1, 3), (0, 1), (2, 4), (1, 2), (3, 4), (2, 3)],
    6: [
        *((0, 5), (1, 3), (2, 4), (1, 2), (3, 4), (0, 3), (2, 5), (0, 1), (2, 3), (4, 5), (1, 2), (3, 4)),
    ],
    7: [
        *((0, 6), (2, 3), (4, 5), (0, 2), (1, 4), (3, 6), (0, 1), (2, 5)),
        *((3, 4), (1, 2), (4, 6), (2, 3), (4, 5), (1, 2), (3, 4), (5, 6)),
    ],
}
TRIALS = {3: 50, 5: 1500, 7: 400}


def states(rows: int, columns: int) -> dict[Wire, int]:
    """In which states the sample of each rank in each column is one."""
    wires = {}
    for column in range(columns):
        period = (rows + 1) ** column
        for rank in range(rows):
            bits = sum(((1 << period) - 1) << (ones * period) for ones in range(rows - rank, rows + 1))
            length = period * (rows + 1)
            while length < (rows + 1) ** columns:
                bits = sum(bits << (copy * length) for copy in range(rows + 1))
                length *= rows + 1
            wires[rank, column] = bits
    return wires


def ranked(rows: int, columns: int) -> list[int]:
    """In which states the sample of each rank is one."""
    known: dict[tuple[int, int], int] = {}

    def at_least(columns: int, ones: int) -> int:
        if columns == 0:
            return int(ones <= 0)
        key = (columns, max(ones, 0))
        if key not in known:
            period = (rows + 1) ** (columns - 1)
            parts = (at_least(columns - 1, key[1] - more) << (more * period) for more in range(rows + 1))
            known[key] = sum(parts)
        return known[key]

    return [at_least(columns, rows * columns - rank) for rank in range(rows * columns)]


def merge_exchange(count: int) -> list[tuple[int, int]]:
    """Batcher's network."""
    steps, size = [], 1
    while size < count:
        step = size
        while step >= 1:
            for first in range(step % size, count - step, 2 * step):
                for a in range(first, first + min(step, count - first - step)):
                    if a // (2 * size) == (a + step) // (2 * size):
                        steps.append((a, a + step))
            step //= 2
        size *= 2
    return steps


def network(side: int) -> tuple[list[Step], list[Wire]]:
    """The middle ranks of a core of sorted columns: columns are merged; or rows are sorted, and then what can be one.

    The latter in the order that takes least.
    """
    random.seed(1)
    rows, middle = side - 1, (side * side + 1) // 2
    # Of the median of all, side in the edge may lie on either side.
    first, last = middle - side - 1, middle - 1
    wanted = ranked(rows, side)[first : last + 1]
    columns = states(rows, side)
    by_row = dict(columns)
    sort_rows = _run(by_row, [((i, a), (i, b)) for i in range(rows) for a, b in SORT[side]])
    everything = [(i, j) for j in range(side) for i in range(rows)]
    # With rows and columns in order (i + 1)(j + 1) samples are no larger, and as many from the other end no smaller.
    left = [
        (i, j)
        for i, j in everything
        if (i + 1) * (j + 1) <= last + 1 and (rows - i) * (side - j) <= rows * side - first
    ]
    best: tuple[int, list[Step], list[Wire], list[Wire]] | None = None
    for trial in range(TRIALS[side] + 1):
        order = everything
        if trial and best and best[2] is not everything and trial % 3 == 0:
            order = list(best[2])
            for _ in range(random.randint(1, 3)):
                a, b = random.sample(range(len(order)), 2)
                order[a], order[b] = order[b], order[a]
        elif trial:
            spread = (0.6, 1.5)[trial % 2]
            order = sorted(left, key=lambda wire: sum(wire) + random.uniform(-spread, spread))
        wires, steps = (dict(by_row), list(sort_rows)) if trial else (dict(columns), [])
        steps += _run(wires, [(order[a], order[b]) for a, b in merge_exchange(len(order))])
        where = {bits: wire for wire, bits in wires.items()}
        if not all(bits in where for bits in wanted):
            continue
        results = [where[bits] for bits in wanted]
        needed = _needed(steps, results)
        cost = sum(1 + (keep == 3) for _, _, keep in needed)
        if best is None or cost < best[0]:
            best = (cost, needed, order, results)
    assert best is not None
    both = best[0] + 2 * side * len(SORT[side - 1])
    print(f"{side} x {side}: {both} comparisons for two, {2 * len(SORT[side]) + 2 * side} for each")
    return [((a, j), (b, j), 3) for j in range(side) for a, b in SORT[side - 1]] + best[1], best[3]


def _run(wires: dict[Wire, int], steps: list[tuple[Wire, Wire]]) -> list[tuple[Wire, Wire]]:
    done = []
    for a, b in steps:
        least, largest = wires[a] & wires[b], wires[a] | wires[b]
        if least != wires[a]:
            wires[a], wires[b] = least, largest
            done.append((a, b))
    return done


def _needed(steps: list[tuple[Wire, Wire]], results: list[Wire]) -> list[Step]:
    read, needed = set(results), []
    for a, b in reversed(steps):
        keep = (a in read) + 2 * (b in read)
        if keep:
            needed.append((a, b, keep))
            read |= {a, b}
    return needed[::-1]


HEAD = """\
// Networks for the medians of two square neighbourhoods, one a row below the other; made by rank_networks.py, which
// also proves them: for every number of ones in each column of what both have in common the results are right.
#pragma once

#include "core/host_device.h"

namespace px::inline PX_TARGET {

// Of wires a and b, in order afterwards, those that are read later: a (1), b (2) or both (3).
struct NetworkStep {
  unsigned char a, b, keep;
};

// `edge` sorts the row that only one of the two has. `core` makes of the side - 1 rows that both have, of which wire
// r * side + c is row r and column c, the wires `middle`, in order: those that may be the median with an edge.
template <int Side>
struct Networks;
"""


def main() -> None:
    text = HEAD
    for side in TRIALS:
        steps, results = network(side)
        edge = ", ".join(f"{{{a}, {b}, 3}}" for a, b in SORT[side])
        core = ", ".join(f"{{{a[0] * side + a[1]}, {b[0] * side + b[1]}, {keep}}}" for a, b, keep in steps)
        middle = ", ".join(str(row * side + column) for row, column in results)
        text += f"\ntemplate <>\nstruct Networks<{side}> {{\n  static constexpr NetworkStep edge[] = {{{edge}}};\n"
        text += f"  static constexpr NetworkStep core[] = {{{core}}};\n"
        text += f"  static constexpr int middle[] = {{{middle}}};\n}};\n"
    Path(__file__).with_suffix(".h").write_text(text + "\n}  // namespace px::inline PX_TARGET\n")


if __name__ == "__main__":
    main()
